import type { FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { DoorParts, Routes } from './door-parts.ts'
import { routesWithDetails } from './route-errors.ts'
import { as, contract } from './route-schema.ts'

/** What operators ask of the server. */
export interface Operation {
  /** Whether whoever asks may be told more than a status. */
  admits(request: FastifyRequest): Promise<boolean>
  /** Every part that must work before the server can be sent work. */
  checks(): Promise<Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>>
  metrics(): Promise<{ readonly mediaType: string; readonly text: string }>
}

const Readiness = z.object({
  status: z.enum(['ready', 'not ready']),
  checks: z
    .record(z.string(), z.object({ ok: z.boolean(), reason: z.string().optional() }))
    .optional()
    .meta({ description: 'By part, for whoever has access.' }),
})
const living = contract({
  summary: 'Whether the process answers',
  tags: ['operation'],
  response: { 200: z.object({ status: z.literal('alive') }) },
})
const readying = contract({
  summary: 'Whether the server can be sent work',
  description:
    'It can not while it opens what a dead server left, while it gets ready to end, and while a part of it fails.',
  tags: ['operation'],
  response: { 200: Readiness, 503: Readiness.meta({ description: 'Not now.' }) },
})
const measuring = contract({
  summary: 'Numbers about the server, for Prometheus',
  tags: ['operation'],
  response: { 200: as('text/plain', 'The text format of Prometheus.') },
})

/** `/livez`, `/readyz` and `/metrics`. The first two answer whoever knows the server's name, the third whoever has access. */
export const operationRoutes: Routes = (app, { operation, log }) => {
  const open = { config: { open: true } } as const
  routesWithDetails(app, log, scope => {
    scope.get('/livez', { ...open, schema: living }, async () => ({ status: 'alive' }))
    scope.get('/readyz', { ...open, schema: readying }, (request, reply) => sendReadiness(operation, request, reply))
    scope.get('/metrics', { schema: measuring }, async (_, reply) => {
      const { mediaType, text } = await operation.metrics()
      return reply.type(mediaType).send(text)
    })
  })
}

async function sendReadiness(
  operation: DoorParts['operation'],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const checks = await operation.checks()
  const isReady = Object.values(checks).every(({ ok }) => ok)
  const told = (await operation.admits(request)) ? { checks } : {}
  return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', ...told })
}
