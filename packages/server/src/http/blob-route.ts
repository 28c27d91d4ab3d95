import { SessionId } from '@openhands/protocol'
import type { FastifyInstance } from 'fastify'
import type { Blobs } from '../core/ports.ts'

/** What a blob never changes, a browser need not ask for twice; whatever it holds, it runs nothing (S15). */
const headers = {
  'cache-control': 'private, max-age=31536000, immutable',
  'content-security-policy': "sandbox; default-src 'none'",
}

/** Serves the bodies that events link to (P39). */
export function blobRoute(app: FastifyInstance, blobs: Blobs): void {
  app.get<{ Params: { id: string; name: string } }>('/api/conversations/:id/blobs/:name', async (request, reply) => {
    const session = SessionId.safeParse(request.params.id)
    const blob = session.success ? await blobs.get(session.data, request.params.name) : undefined
    if (blob === undefined) return reply.code(404).send({ error: 'Not Found' })
    return reply.headers(headers).type(blob.mediaType).send(blob.bytes)
  })
}
