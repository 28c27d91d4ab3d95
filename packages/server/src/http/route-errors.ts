import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type * as z from 'zod'
import { DrainingError, type Log } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'

/** An answer that is no success: thrown by a route, sent as it is. */
export class RouteError extends Error {
  override readonly name = 'RouteError'
  readonly statusCode: number
  readonly body: Readonly<Record<string, unknown>>

  constructor(statusCode: number, body: Readonly<Record<string, unknown>>) {
    super(`answered ${statusCode}`)
    this.statusCode = statusCode
    this.body = body
  }
}

/** Which part of a request was wrong. */
type Where = 'query' | 'path' | 'body' | 'header'

/** What a route was given, or the 422 that pages of OpenHands know (wire A5.0). */
export function read<T extends z.ZodType>(schema: T, value: unknown, where: Where): z.output<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new RouteError(422, { detail: parsed.error.issues.map(issue => detailOf(issue, value, where)) })
}

/** The 422 of one field that is not there. */
export function missing(where: Where, field: string): RouteError {
  return new RouteError(422, { detail: [missingDetail([where, field])] })
}

/**
 * Routes whose failures have the shapes of wire A5.0: `{"detail": …}` for what the request did wrong, a bare 500 for what
 * we did. A path that they name answers every other method with 405. Each says what it takes and gives in its `schema`:
 * see `route-schema.ts`.
 */
export function routesWithDetails(app: FastifyInstance, log: Log, add: (scope: FastifyInstance) => void): void {
  app.register(async scope => {
    const known = new Map<string, Set<string>>()
    scope.addHook('onRoute', ({ url, method }) => {
      const methods = known.get(url) ?? new Set()
      known.set(url, methods)
      for (const one of [method].flat()) methods.add(one)
    })
    scope.setErrorHandler((error, request, reply) => sendError(error, request, reply, log))
    takeContracts(scope)
    add(scope)
    for (const [url, methods] of [...known]) refuseOthers(scope, url, new Set(methods))
  })
}

/** Routes that keep the failures of the app itself, and describe themselves all the same. */
export function plainRoutes(app: FastifyInstance, add: (scope: FastifyInstance) => void): void {
  app.register(async scope => {
    takeContracts(scope)
    add(scope)
  })
}

/** Handlers read by their contract, once they know whose request it is; what they give is sent as it is. */
function takeContracts(scope: FastifyInstance): void {
  scope.setValidatorCompiler(() => () => true)
  scope.setSerializerCompiler(() => value => JSON.stringify(value))
}

/** Methods that clients of these routes may try; `OPTIONS` belongs to CORS. */
const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** When a client may come back to a server that is about to end. */
const RETRY_SECONDS = 5

function refuseOthers(scope: FastifyInstance, url: string, known: ReadonlySet<string>): void {
  const method = allMethods.filter(one => !known.has(one))
  const allow = [...known].sort().join(', ')
  const refuse = (reply: FastifyReply): FastifyReply =>
    reply.code(405).header('allow', allow).send({ detail: 'Method Not Allowed' })
  // Before the body is read: it matters to nobody.
  scope.route({
    method,
    url,
    schema: { hide: true },
    onRequest: async (_, reply) => refuse(reply),
    handler: (_, reply) => refuse(reply),
  })
}

function sendError(error: unknown, { id, routeOptions }: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  if (error instanceof RouteError) return reply.code(error.statusCode).send(error.body)
  if (error instanceof DrainingError)
    return reply.code(503).header('retry-after', RETRY_SECONDS).send({ detail: error.message })
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status >= 400 && status < 500) {
    if (isBrokenJson(error)) return reply.code(422).send({ detail: [brokenJson] })
    return reply.code(status).send({ detail: messageOf(error) })
  }
  if (!reply.raw.destroyed)
    log.error('a request failed', { route: routeOptions.url, request: id, error: messageOf(error) })
  return reply.code(500).type('text/plain; charset=utf-8').send('Internal Server Error')
}

/** Whether a body was to be JSON and is none. */
export function isBrokenJson(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  return (
    error instanceof SyntaxError || code === 'FST_ERR_CTP_INVALID_JSON_BODY' || code === 'FST_ERR_CTP_EMPTY_JSON_BODY'
  )
}

const brokenJson = { type: 'json_invalid', loc: ['body'], msg: 'JSON decode error', input: {} }

function missingDetail(loc: readonly PropertyKey[]): Record<string, unknown> {
  return { type: 'missing', loc, msg: 'Field required', input: null }
}

function detailOf(issue: z.core.$ZodIssue, value: unknown, where: Where): Record<string, unknown> {
  const loc = [where, ...issue.path]
  return issue.path.length > 0 && isMissing(value, issue.path)
    ? missingDetail(loc)
    : { type: issue.code, loc, msg: issue.message, input: null }
}

function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  const found = path.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, key) ? Reflect.get(part, key) : undefined,
    value,
  )
  return found === undefined
}
