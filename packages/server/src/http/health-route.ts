import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { Access } from './access.ts'
import { plainRoutes } from './route-errors.ts'
import { contract } from './route-schema.ts'

/** What the server says of itself to whoever may know. */
const Health = z.object({
  status: z.literal('OK'),
  sandbox: z.string(),
  isolated: z.boolean(),
  sessions: z.int(),
  memoryBytes: z.int(),
})
export type Health = Readonly<z.infer<typeof Health>>

const healthy = contract({
  summary: 'Whether the server answers; in detail for whoever has access',
  tags: ['operation'],
  querystring: z.object({ detail: z.string().optional() }),
  response: {
    200: z.union([z.literal('OK'), Health]),
    401: z.null().meta({ description: 'The details are not for everybody.' }),
    '4xx': z.null(),
  },
})

/** `GET /health`: open to all, and then it says nothing (S02). */
export function healthRoute(
  app: FastifyInstance,
  { access, health }: { readonly access: Access; readonly health: () => Health },
): void {
  plainRoutes(app, scope => {
    scope.get('/health', { config: { open: true }, schema: healthy }, async (request, reply) => {
      const detailed = new URL(request.url, 'http://localhost').searchParams.has('detail')
      if (!detailed) return reply.type('application/json').send('"OK"')
      const admission = await access.admit(request.raw)
      return admission.ok ? health() : reply.code(admission.status).send()
    })
  })
}
