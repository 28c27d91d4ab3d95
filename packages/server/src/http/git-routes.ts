import { ApiFailure, Changes, ChangesQuery, DiffQuery, FileDiff } from '@openhands/protocol'
import { changesOfCheckpoint, changesOfCommit, diffOf } from './comparison.ts'
import type { Routes } from './door-parts.ts'
import { innerEntry } from './inner-path.ts'
import { routesWithDetails } from './route-errors.ts'
import { contract, noSession, queryOf, SessionPath } from './route-schema.ts'
import { looking } from './sandbox-scope.ts'

const changes = contract({
  summary: 'Lists what differs in the workspace from the last commit, or from a checkpoint',
  tags: ['git'],
  params: SessionPath,
  querystring: ChangesQuery,
  response: { 200: Changes, 404: noSession, 409: ApiFailure },
})
const diff = contract({
  summary: 'Shows a file before and now',
  tags: ['git'],
  params: SessionPath,
  querystring: DiffQuery,
  response: { 200: FileDiff, 400: ApiFailure, 404: noSession, 409: ApiFailure },
})

/** `…/git`: what has changed, by git inside the sandbox or by the checkpoints (P47). */
export const gitRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    scope.get(
      '/api/conversations/:id/git/changes',
      { schema: changes },
      looking(parts, async ({ runtime, request, signal }): Promise<Changes> => {
        const { against, offset } = queryOf(changes, request)
        if (against === 'head') return await changesOfCommit(runtime, offset, signal)
        return await changesOfCheckpoint(runtime, against, offset, signal)
      }),
    )
    scope.get(
      '/api/conversations/:id/git/diff',
      { schema: diff },
      looking(parts, async ({ runtime, request, signal }): Promise<FileDiff> => {
        const { path, from, against } = queryOf(diff, request)
        const inside = { path: innerEntry(path, runtime), from: innerEntry(from ?? path, runtime) }
        return await diffOf(runtime, { ...inside, against }, signal)
      }),
    )
  })
}
