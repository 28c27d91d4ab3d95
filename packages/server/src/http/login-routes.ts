import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { Access } from './access.ts'
import { plainRoutes } from './route-errors.ts'
import { contract, ErrorBody } from './route-schema.ts'

/** What logging in is made of. */
export interface LoginKeys {
  /** A new code; the ones before go on counting until their time is over. */
  issue(): string
  /** Whether the code counted; it does not any more. */
  redeem(code: string): boolean
  /** What a page presents from then on as a token. */
  sign(): Promise<{ readonly token: string; readonly expiresAt: Date }>
}

const Login = z.object({ code: z.string().min(1).max(100) })
const none = z.null().meta({ description: 'The code counts for nothing.' })
const redeeming = contract({
  summary: 'Changes a code for what a page presents as a token',
  tags: ['access'],
  body: Login,
  response: {
    200: z.object({ token: z.string(), expires_at: z.string() }),
    400: ErrorBody.meta({ description: 'It is no JSON with a code.' }),
    401: none,
    '4xx': ErrorBody,
  },
})
const issuing = contract({
  summary: 'A new code, for another page',
  tags: ['access'],
  response: {
    201: z.object({ code: z.string() }),
    403: ErrorBody.meta({ description: 'A page that was logged in by a code itself may not.' }),
    '4xx': ErrorBody,
  },
})

/**
 * How a page comes to what it presents as a token (S07): with a code out of a link, once. No cookie is set, so that no
 * other page can use what this one has got.
 */
export function loginRoutes(app: FastifyInstance, access: Access, keys: LoginKeys): void {
  plainRoutes(app, scope => {
    scope.post('/api/login', { config: { open: true }, schema: redeeming, bodyLimit: 4096 }, async (request, reply) => {
      const body = isJson(request.headers['content-type']) ? Login.safeParse(request.body) : undefined
      if (body?.success !== true) return reply.code(400).send({ error: 'Expected JSON: {"code": "…"}' })
      const admission = await access.admitBy(request.raw, () => keys.redeem(body.data.code))
      if (!admission.ok) return reply.code(admission.status).send()
      const { token, expiresAt } = await keys.sign()
      return { token, expires_at: expiresAt.toISOString() }
    })
    scope.post('/api/login/codes', { schema: issuing }, async (request, reply) => {
      const admission = await access.admit(request.raw)
      // Who is logged in by a code could otherwise stay so for ever.
      if (!admission.ok || admission.by === 'ticket')
        return reply.code(403).send({ error: 'Only with the token itself' })
      return reply.code(201).send({ code: keys.issue() })
    })
  })
}

function isJson(type: string | undefined): boolean {
  return /^application\/json\s*(?:;|$)/i.test(type ?? '')
}
