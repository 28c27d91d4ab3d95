import { STATUS_CODES } from 'node:http'
import type { FastifySchema } from 'fastify'
import { createJsonSchemaTransform } from 'fastify-type-provider-zod'
import type { OpenAPIV3_1 } from 'openapi-types'
import * as z from 'zod'
import { type Answer, as, type Contract, DetailBody, ErrorBody, type Typed, Unprocessable } from './route-schema.ts'

/** A route of the live router, as the document sees it. */
export interface Documented {
  readonly url: string
  readonly method: string | string[]
  readonly schema?: FastifySchema
  readonly config?: { readonly open?: boolean; readonly session?: boolean | 'only' }
}

type Responses = Record<string, Answer>
type Transform = ReturnType<typeof createJsonSchemaTransform>

const parsing = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
const toJsonSchemas = createJsonSchemaTransform({})

/** The head of the document; its paths are the live routes. */
export const documentHead = (version: string): Partial<OpenAPIV3_1.Document> => ({
  openapi: '3.1.0',
  info: {
    title: 'OpenHands Server',
    version,
    description: 'Sessions of an AI agent: their logs, files and settings. `/asyncapi.json` describes the sockets.',
  },
  components: {
    securitySchemes: {
      server: {
        type: 'http',
        scheme: 'bearer',
        description: 'The token of the server; none is needed on this machine.',
      },
      session: { type: 'http', scheme: 'bearer', description: 'The token of a session, for its own routes.' },
    },
  },
})

/** Turns a route's contract into what the document says of it: with the answers that every route may give. */
export const describeRoute: Transform = input => {
  const route: Documented = input.route
  const { schema } = input
  if (schema === undefined || schema.hide === true) return toJsonSchemas(input)
  const own = (schema.response ?? {}) as Contract['response'] // as every contract has it
  const response = merged(own, commonOf(route, schema))
  return toJsonSchemas({ ...input, schema: { ...schema, response, security: securityOf(route) } })
}

function securityOf({ config }: Documented): readonly Record<string, readonly string[]>[] {
  if (config?.open === true) return []
  const tokens = [config?.session === 'only' ? [] : ['server'], config?.session === undefined ? [] : ['session']].flat()
  return tokens.map(token => ({ [token]: [] }))
}

/** What the guard, the router, the parsers and the last resort answer. */
function commonOf({ url, method, config }: Documented, { body, querystring }: FastifySchema): Responses {
  const parses = [method].flat().some(one => parsing.has(one))
  const hasPath = /[:*]/.test(url)
  const reads = parses || hasPath || body !== undefined || querystring !== undefined
  return {
    403: nothing('The request comes from a foreign page.'),
    421: nothing('The request is meant for another host.'),
    429: z.union([z.object({ message: z.string() }), z.null()]).meta({
      description: 'Too many requests; without a body: too many wrong tokens.',
    }),
    431: nothing('The head of the request is too large.'),
    500: as('text/plain', 'The server failed; its log says why.'),
    503: DetailBody.meta({ description: 'The server gets ready to end.' }),
    ...(config?.open === true ? {} : { 401: nothing('The token is missing or wrong.') }),
    ...(hasPath ? { 400: nothing('The path cannot be decoded.'), 404: notFound } : {}),
    ...(reads ? { 422: Unprocessable } : {}),
    ...(parses ? parserAnswers : {}),
  }
}

const notFound = ErrorBody.meta({ description: 'There is no such thing.' })
const parserAnswers = {
  400: z.union([DetailBody, z.null()]).meta({ description: 'The request cannot be read.' }),
  413: DetailBody.meta({ description: 'The body is too large.' }),
  415: DetailBody.meta({ description: 'The body is of a media type that is not read here.' }),
}

function nothing(description: string): z.ZodType {
  return z.null().meta({ description })
}

/** Where a route answers a status in its own way as well, both are possible. */
function merged(own: Contract['response'], common: Responses): Responses {
  const all: Responses = { ...own }
  for (const [status, theirs] of Object.entries(common)) {
    const mine = own[status] ?? (status.startsWith('4') ? own['4xx'] : undefined)
    all[status] = mine === undefined ? theirs : both(mine, theirs)
  }
  return Object.fromEntries(Object.entries(all).map(([status, answer]) => [status, described(status, answer)]))
}

function described(status: string, answer: Answer): Answer {
  const description = answer.description ?? STATUS_CODES[status] ?? 'An answer of this route.'
  return 'content' in answer ? { ...answer, description } : answer.meta({ description })
}

function both(mine: Answer, theirs: Answer): Answer {
  if (!('content' in mine) && !('content' in theirs))
    return z.union([mine, theirs]).meta({ description: descriptionOf(mine) })
  return { description: descriptionOf(mine), content: { ...contentOf(theirs), ...contentOf(mine) } }
}

function descriptionOf(response: Answer): string {
  return response.description ?? 'An answer of this route.'
}

function contentOf(response: Answer): Typed['content'] {
  return 'content' in response ? response.content : { 'application/json': { schema: response } }
}
