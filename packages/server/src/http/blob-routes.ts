import { SessionId } from '@openhands/protocol'
import * as z from 'zod'
import type { Routes } from './door-parts.ts'
import { RouteError, routesWithDetails } from './route-errors.ts'
import { as, contract, ErrorBody, SessionPath } from './route-schema.ts'

/** What a blob never changes, a browser need not ask for twice; whatever it holds, it runs nothing (S15). */
const headers = {
  'cache-control': 'private, max-age=31536000, immutable',
  'content-security-policy': "sandbox; default-src 'none'",
}

const reading = contract({
  summary: 'A body that is too big for an event, such as a picture',
  tags: ['events'],
  params: SessionPath.extend({ name: z.string() }),
  response: {
    200: as('*/*', 'The bytes, as what they are.', z.file()),
    404: ErrorBody.meta({ description: 'There is no such body.' }),
  },
})

/** Serves the bodies that events link to (P39). */
export const blobRoutes: Routes = (app, { blobs, log }) => {
  routesWithDetails(app, log, scope => {
    scope.get<{ Params: { id: string; name: string } }>(
      '/api/conversations/:id/blobs/:name',
      { schema: reading },
      async (request, reply) => {
        const session = SessionId.safeParse(request.params.id)
        const blob = session.success ? await blobs.get(session.data, request.params.name) : undefined
        if (blob === undefined) throw new RouteError(404, { error: 'Not Found' })
        return reply.headers(headers).type(blob.mediaType).send(blob.bytes)
      },
    )
  })
}
