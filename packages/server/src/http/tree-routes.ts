import { ApiFailure, Done, FileQuery, FolderRequest, MoveRequest, TreeLevel, TreeQuery } from '@openhands/protocol'
import type { FastifyInstance } from 'fastify'
import type { Outcome } from '../core/ports.ts'
import type { DoorParts, Routes } from './door-parts.ts'
import { watchFiles } from './file-changes.ts'
import { innerEntry, innerPath } from './inner-path.ts'
import { routesWithDetails } from './route-errors.ts'
import { as, bodyOf, contract, noSession, queryOf, SessionPath } from './route-schema.ts'
import { acting, looking, refused } from './sandbox-scope.ts'
import { ServerSentEvents } from './server-sent-events.ts'
import { treeLevel } from './tree-level.ts'

const list = contract({
  summary: 'Lists one level of the workspace, with what git says of it',
  tags: ['files'],
  params: SessionPath,
  querystring: TreeQuery,
  response: { 200: TreeLevel, 400: ApiFailure, 404: ApiFailure },
})
const remove = contract({
  summary: 'Deletes a file, or a folder with all that is in it',
  tags: ['files'],
  params: SessionPath,
  querystring: FileQuery,
  response: { 200: Done, 400: ApiFailure, 404: ApiFailure },
})
const folder = contract({
  summary: 'Makes a folder, with those that it needs',
  tags: ['files'],
  params: SessionPath,
  body: FolderRequest,
  response: { 201: Done, 400: ApiFailure, 404: noSession, 409: ApiFailure },
})
const move = contract({
  summary: 'Gives a file or folder another name or place; nothing is replaced',
  tags: ['files'],
  params: SessionPath,
  body: MoveRequest,
  response: { 200: Done, 400: ApiFailure, 404: noSession, 409: ApiFailure },
})
const changes = contract({
  summary: 'Tells what changes in the workspace, as server-sent events',
  tags: ['files'],
  params: SessionPath,
  response: { 200: as('text/event-stream', 'Events `files`, each a `FileChange`.'), 404: noSession },
})

/** `…/files`: the tree of the workspace, through the session's own sandbox. */
export const treeRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    addTree(scope, parts)
    addChanges(scope, parts)
  })
}

function addTree(scope: FastifyInstance, parts: DoorParts): void {
  const files = '/api/conversations/:id/files'
  scope.get(
    files,
    { schema: list },
    looking(parts, async ({ runtime, request, signal }): Promise<TreeLevel> => {
      const path = innerPath(queryOf(list, request).path, runtime)
      return runtime ? await treeLevel(runtime, path, signal) : { running: false, entries: [], left_out: 0 }
    }),
  )
  scope.delete(
    files,
    { schema: remove },
    acting(parts, async ({ runtime, request, signal }): Promise<Done> => {
      const path = innerEntry(queryOf(remove, request).path, runtime)
      return done(await runtime.files.remove(path, signal), 404)
    }),
  )
  scope.post(
    `${files}/folder`,
    { schema: folder },
    acting(parts, async ({ runtime, request, reply, signal }) => {
      const path = innerEntry(bodyOf(folder, request).path, runtime)
      return reply.code(201).send(done(await runtime.files.makeFolder(path, signal)))
    }),
  )
  scope.post(
    `${files}/move`,
    { schema: move },
    acting(parts, async ({ runtime, request, signal }): Promise<Done> => {
      const { from, to } = bodyOf(move, request)
      return done(await runtime.files.move(innerEntry(from, runtime), innerEntry(to, runtime), signal))
    }),
  )
}

function addChanges(scope: FastifyInstance, parts: DoorParts): void {
  scope.get(
    '/api/conversations/:id/files/changes',
    { schema: changes, exposeHeadRoute: false },
    looking(parts, async ({ id, runtime, reply, signal }) => {
      const source = new ServerSentEvents()
      const session = await parts.manager.find(id)
      if (session) source.onClosed(session.hold())
      await watchFiles(runtime, source, signal)
      return source.reply(reply)
    }),
  )
}

function done(outcome: Outcome<Record<never, never>>, status: 404 | 409 = 409): Done {
  if (!outcome.ok) throw refused(outcome.message, undefined, status)
  return { done: true }
}
