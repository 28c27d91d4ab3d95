import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { DoorParts, Routes } from './door-parts.ts'
import { type Naming, namings, schemaOf, untilClosed } from './request-session.ts'
import { RouteError, routesWithDetails } from './route-errors.ts'
import { type Contract, contract, DetailBody, noSession } from './route-schema.ts'

/** Bytes of a request; a policy is the longest that there is. */
const BODY_LIMIT = 512 * 1024

const Policy = z.object({ policy: z.string() })
const Settings = z.looseObject({
  RISK_SEVERITY: z
    .int()
    .meta({ description: 'From which risk on somebody is asked: 0 low, 1 medium, 2 high, 3 never.' }),
})
const failures = {
  405: DetailBody.meta({ description: 'The analyzer of this session does not offer that.' }),
  502: DetailBody.meta({ description: 'The judge that the analyzer asks did not answer.' }),
} as const
const noAnalyzer = DetailBody.meta({ description: 'Nobody judges in this session.' })

/** What the security panel of a page asks (wire A5.12); analyzers may answer more. */
const described: readonly { readonly method: string; readonly path: string; readonly schema: Contract }[] = [
  {
    method: 'GET',
    path: 'policy',
    schema: contract({
      summary: 'The rules that actions are judged by',
      tags: ['security'],
      response: { 200: Policy, ...failures },
    }),
  },
  {
    method: 'POST',
    path: 'policy',
    schema: contract({
      summary: 'Gives the analyzer other rules',
      description: 'The rules of the analyzer "policy" are built in; those of "invariant" are a policy of Invariant.',
      tags: ['security'],
      body: Policy,
      response: { 200: Policy, 400: DetailBody.meta({ description: 'The judge does not take it.' }), ...failures },
    }),
  },
  {
    method: 'GET',
    path: 'settings',
    schema: contract({
      summary: 'From which risk on somebody is asked',
      tags: ['security'],
      response: { 200: Settings, ...failures },
    }),
  },
  {
    method: 'POST',
    path: 'settings',
    schema: contract({
      summary: 'Changes from which risk on somebody is asked',
      tags: ['security'],
      body: Settings,
      response: { 200: Settings, ...failures },
    }),
  },
  {
    method: 'GET',
    path: 'export-trace',
    schema: contract({
      summary: 'What the session has done, as its judge sees it: the newest part of it',
      tags: ['security'],
      response: { 200: z.array(z.looseObject({})), ...failures },
    }),
  },
]
const methods = ['GET', 'POST', 'PUT', 'DELETE']
const paths = [...new Set(described.map(({ path }) => path)), '*']

/** `/api/security/*` and the same below a conversation: handed to the session's analyzer, whatever it is (wire A5.12). */
export const securityRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    readEverythingAsJson(scope)
    for (const naming of namings(parts))
      for (const path of paths)
        for (const method of methods)
          scope.route({
            method,
            url: `${naming.prefix}/security/${path}`,
            config: naming.config,
            schema: schemaFor(naming, method, path),
            bodyLimit: BODY_LIMIT,
            handler: (request, reply) => forward(naming, parts, request, reply),
          })
  })
}

async function forward(
  naming: Naming,
  { manager }: DoorParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const session = await manager.open(await naming.session(request))
  const analyzer = await session.analyzer()
  if (!analyzer?.answer) throw new RouteError(404, { detail: 'Security analyzer not initialized' })
  const { pathname } = new URL(request.url, 'http://localhost')
  const path = pathname.slice(pathname.indexOf('/security/') + '/security/'.length)
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const { status, json } = await analyzer.answer({ method, path, body: request.body }, untilClosed(reply))
  return reply.code(status).send(json)
}

function schemaFor(naming: Naming, method: string, path: string): Contract | { readonly hide: true } {
  const found = described.find(one => one.method === method && one.path === path)
  if (!found) return { hide: true }
  const schema = schemaOf(naming, found.schema)
  return { ...schema, response: { ...schema.response, 404: z.union([noSession, noAnalyzer]) } }
}

/** The page says of its JSON that it is text, or nothing (wire D1.10). */
function readEverythingAsJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'string' }, async (_: FastifyRequest, body: string) => jsonOf(body))
}

/** Throws what the routes' errors know as broken JSON. */
function jsonOf(body: string): unknown {
  if (body.trim() === '') return undefined
  try {
    return JSON.parse(body)
  } catch (error) {
    throw Object.assign(new SyntaxError('no JSON', { cause: error }), { statusCode: 422 })
  }
}
