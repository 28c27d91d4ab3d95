import {
  ApiFailure,
  Changes,
  ChangesQuery,
  CheckpointList,
  CheckpointParams,
  type Conversation,
  checkpointLabel,
  DiffQuery,
  FileDiff,
  isRunning,
  Restored,
} from '@openhands/protocol'
import { changesOfCheckpoint, diffOf } from './comparison.ts'
import type { Routes } from './door-parts.ts'
import { innerEntry } from './inner-path.ts'
import { routesWithDetails } from './route-errors.ts'
import { contract, noSession, pathOf, queryOf, SessionPath } from './route-schema.ts'
import { acting, looking, refused } from './sandbox-scope.ts'

const list = contract({
  summary: 'Lists the states that the workspace can be brought back to, newest first',
  tags: ['checkpoints'],
  params: SessionPath,
  response: { 200: CheckpointList, 404: noSession },
})
const params = SessionPath.extend(CheckpointParams.shape)
const changes = contract({
  summary: 'Lists what differs in the workspace from a checkpoint',
  tags: ['checkpoints'],
  params,
  querystring: ChangesQuery.pick({ offset: true }),
  response: { 200: Changes, 404: noSession, 409: ApiFailure },
})
const diff = contract({
  summary: 'Shows a file as a checkpoint has it and as it is now',
  tags: ['checkpoints'],
  params,
  querystring: DiffQuery.pick({ path: true, from: true }),
  response: { 200: FileDiff, 400: ApiFailure, 404: noSession, 409: ApiFailure },
})
const restore = contract({
  summary: 'Brings the workspace back to a checkpoint; refused while the agent is at work',
  tags: ['checkpoints'],
  params,
  response: { 200: Restored, 404: ApiFailure, 409: ApiFailure },
})

/** `…/checkpoints`: looking back, and going back (F07, P43). */
export const checkpointRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    const checkpoints = '/api/conversations/:id/checkpoints'
    scope.get(
      checkpoints,
      { schema: list },
      looking(parts, async ({ id, runtime, signal }): Promise<CheckpointList> => {
        const kept = (await runtime?.checkpoints.list(signal)) ?? []
        const notes = (await parts.manager.find(id))?.stream.state.checkpoints ?? []
        const checkpoints = kept.map(one => ({ ...one, label: checkpointLabel(notes, one) }))
        return { running: runtime !== undefined, checkpoints }
      }),
    )
    scope.get(
      `${checkpoints}/:checkpoint/changes`,
      { schema: changes },
      looking(parts, async ({ runtime, request, signal }): Promise<Changes> => {
        const { checkpoint } = pathOf(changes, request)
        const { offset } = queryOf(changes, request)
        return await changesOfCheckpoint(runtime, checkpoint, offset, signal)
      }),
    )
    scope.get(
      `${checkpoints}/:checkpoint/diff`,
      { schema: diff },
      looking(parts, async ({ runtime, request, signal }): Promise<FileDiff> => {
        const { checkpoint } = pathOf(diff, request)
        const { path, from } = queryOf(diff, request)
        const inside = { path: innerEntry(path, runtime), from: innerEntry(from ?? path, runtime) }
        return await diffOf(runtime, { ...inside, against: checkpoint }, signal)
      }),
    )
    scope.post(
      `${checkpoints}/:checkpoint/restore`,
      { schema: restore },
      acting(parts, async ({ id, runtime, request, signal }): Promise<Restored> => {
        const { checkpoint } = pathOf(restore, request)
        const kept = await runtime.checkpoints.list(signal)
        if (!kept.some(one => one.id === checkpoint))
          throw refused('There is no such checkpoint; the oldest ones are dropped in time.', undefined, 404)
        const session = await parts.manager.open(id)
        if (session.atWork) throw refused('The agent is at work.', remedyFor(session.stream.state))
        const restored = await session.restore(checkpoint, signal)
        if (!restored.ok) throw refused(restored.message)
        return { before: restored.before, left_out: [...restored.leftOut] }
      }),
    )
  })
}

/** A pause lets what has begun come to its end. */
function remedyFor(state: Conversation): string {
  return isRunning(state) ? 'Pause it first.' : 'Wait until what it has begun is done, or stop it.'
}
