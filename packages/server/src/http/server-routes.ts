import { ServerInfo } from '@openhands/protocol'
import type { Routes } from './door-parts.ts'
import { routesWithDetails } from './route-errors.ts'
import { contract } from './route-schema.ts'

const telling = contract({
  summary: 'What the server was started with and clients cannot change; no secret of it',
  tags: ['settings'],
  response: { 200: ServerInfo },
})

/** `GET /api/server`: the sandbox, the network list, limits and policies, each with what changes it. */
export const serverRoutes: Routes = (app, { facts, log }) => {
  routesWithDetails(app, log, scope => {
    scope.get('/api/server', { schema: telling }, async () => ({ settings: facts.server }))
  })
}
