import { SandboxInfo } from '@openhands/protocol'
import type { Runtime } from '../core/ports.ts'
import type { Routes } from './door-parts.ts'
import { routesWithDetails } from './route-errors.ts'
import { contract, noSession, SessionPath } from './route-schema.ts'
import { acting, looking } from './sandbox-scope.ts'

const view = contract({
  summary: 'Tells whether the sandbox of a conversation runs, and what it is held to',
  tags: ['operation'],
  params: SessionPath,
  response: { 200: SandboxInfo, 404: noSession },
})
const start = contract({
  summary: 'Starts the sandbox of a conversation where none runs',
  tags: ['operation'],
  params: SessionPath,
  response: { 200: SandboxInfo, 404: noSession },
})

/** The sandbox itself: looking never starts it, so there is a way to ask for it. */
export const sandboxRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    const path = '/api/conversations/:id/sandbox'
    scope.get(
      path,
      { schema: view },
      looking(parts, async ({ runtime }) => infoOf(runtime)),
    )
    scope.post(
      path,
      { schema: start },
      acting(parts, async ({ runtime }) => infoOf(runtime)),
    )
  })
}

function infoOf(runtime: Runtime | undefined): SandboxInfo {
  if (!runtime) return { running: false, sandbox: '', isolated: false, workspace: '', limits: [] }
  const { sandbox, isolated, workspace, limits } = runtime
  return { running: true, sandbox, isolated, workspace, limits: limits.map(limit => ({ ...limit })) }
}
