import { ApiFailure, Done, TerminalInfo, TerminalList, TerminalParams, TerminalRequest } from '@openhands/protocol'
import { terminalsOf } from '../core/session-terminals.ts'
import type { Routes } from './door-parts.ts'
import { routesWithDetails } from './route-errors.ts'
import { bodyOf, contract, noSession, pathOf, SessionPath } from './route-schema.ts'
import { acting, looking, refused } from './sandbox-scope.ts'

const list = contract({
  summary: "Lists the terminals of a conversation, the agent's own first",
  tags: ['terminals'],
  params: SessionPath,
  response: { 200: TerminalList, 404: noSession },
})
const open = contract({
  summary: "Opens a shell of the user's own in the workspace; its bytes travel over /ws/terminal",
  tags: ['terminals'],
  params: SessionPath,
  body: TerminalRequest,
  response: { 201: TerminalInfo, 404: noSession, 409: ApiFailure },
})
const close = contract({
  summary: 'Ends a terminal with everything that was started in it',
  tags: ['terminals'],
  params: SessionPath.extend(TerminalParams.shape),
  response: { 200: Done, 404: ApiFailure },
})

/** `…/terminals`: shells that people type into, in the sandbox that the agent works in. */
export const terminalRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    const terminals = '/api/conversations/:id/terminals'
    scope.get(
      terminals,
      { schema: list },
      looking(parts, async ({ runtime }): Promise<TerminalList> => {
        return { running: runtime !== undefined, terminals: runtime ? [...terminalsOf(runtime).list()] : [] }
      }),
    )
    scope.post(
      terminals,
      { schema: open },
      acting(parts, async ({ runtime, request, reply, signal }) => {
        const { cols, rows, name } = bodyOf(open, request)
        const opened = await terminalsOf(runtime).open({ columns: cols, rows }, name, signal)
        if (!opened.ok) throw refused(opened.message, 'Close a terminal that you no longer need.')
        return reply.code(201).send(opened.info)
      }),
    )
    scope.delete(
      `${terminals}/:terminal`,
      { schema: close },
      looking(parts, async ({ runtime, request }): Promise<Done> => {
        const { terminal } = pathOf(close, request)
        const closed = runtime !== undefined && (await terminalsOf(runtime).close(terminal))
        if (!closed) throw refused('There is no such terminal.', undefined, 404)
        return { done: true }
      }),
    )
  })
}
