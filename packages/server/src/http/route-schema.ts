import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { read } from './route-errors.ts'

/**
 * How a route is described. One object says what it takes and gives; the handler reads the request through it, and
 * `/openapi.json` is made of it, so the two cannot differ:
 *
 *     const renaming = contract({
 *       summary: 'Gives a conversation another title',
 *       tags: ['conversations'],
 *       params: SessionPath,
 *       body: z.object({ title: z.string().max(200) }),
 *       response: { 200: z.boolean(), 404: noSession },
 *     })
 *     scope.patch('/api/conversations/:id', { schema: renaming }, async request => {
 *       const id = await conversationIn(request, manager) // 401 and 404 first,
 *       const { title } = bodyOf(renaming, request)       // then 422
 *       return await manager.rename(id, title)
 *     })
 *
 * A route that exists in both namings of sessions takes `schemaOf(naming, contract)` as its schema, which adds the path or
 * the 401, and the 404. `response` names what this route itself answers; what every route may answer (the guard's 401, 403, 421 and 429, the
 * parser's 413, 415 and 422, the 500) is added by `api-document.ts`. A response that is not JSON is written with
 * `as('text/plain', …)`, one without a body is `z.null()`. Responses are not checked when they are sent: the fuzz test
 * of `/openapi.json` does that.
 */
export interface Contract {
  readonly summary: string
  readonly description?: string
  readonly tags: readonly Tag[]
  /** Read by `pathOf`, where the route does not find what it is about by itself. */
  readonly params?: z.ZodObject
  /** Read by `queryOf`. */
  readonly querystring?: z.ZodObject
  /** For the document; names in lower case. */
  readonly headers?: z.ZodObject
  /** Read by `bodyOf`. */
  readonly body?: z.ZodType
  /** What the body is, where it is not JSON. */
  readonly consumes?: readonly string[]
  /** By status, or `4xx` for those that are not named. */
  readonly response: Readonly<Record<string, Answer>>
}

/** The parts of the document. */
export type Tag =
  | 'conversations'
  | 'events'
  | 'files'
  | 'settings'
  | 'options'
  | 'github'
  | 'feedback'
  | 'security'
  | Work
type Work = 'jobs' | 'git' | 'terminals' | 'checkpoints' | 'outputs' | 'operation' | 'access' | 'page'

/** A response: JSON, or of other media types. */
export type Answer = z.ZodType | Typed

/** A response by its media types. */
export interface Typed {
  readonly description: string
  readonly content: Readonly<Record<string, { readonly schema: z.ZodType }>>
}

/** Keeps the exact type of a contract, which the readers below need. */
export function contract<const C extends Contract>(described: C): C {
  return described
}

/** A response of another media type than JSON. */
export function as(mediaType: string, description: string, schema: z.ZodType = z.string()): Typed {
  return { description, content: { [mediaType]: { schema } } }
}

/** The query of a request, as its contract has it. Throws the 422 of wire A5.0. */
export function queryOf<S extends z.ZodType>(
  { querystring }: { readonly querystring: S },
  request: FastifyRequest,
): z.output<S> {
  return read(querystring, request.query, 'query')
}

/** The body of a request, as its contract has it. Throws the 422 of wire A5.0. */
export function bodyOf<S extends z.ZodType>({ body }: { readonly body: S }, request: FastifyRequest): z.output<S> {
  return read(body, request.body, 'body')
}

/** The parameters in the path of a request, as its contract has them. Throws the 422 of wire A5.0. */
export function pathOf<S extends z.ZodType>({ params }: { readonly params: S }, request: FastifyRequest): z.output<S> {
  return read(params, request.params, 'path')
}

/** The path of a route about one session; a text that names none is answered as one that is not there. */
export const SessionPath = z.object({ id: z.string().meta({ description: 'The id of a conversation.' }) })

/** `{"error": …}`, in the words of the route. */
export const ErrorBody = z.looseObject({ error: z.string() })
/** `{"detail": …}`, in the words of the route. */
export const DetailBody = z.looseObject({ detail: z.string() })
/** The 404 of every route about a session. */
export const noSession = ErrorBody.meta({ description: 'There is no such conversation.' })
/** The 401 of routes that a session's token opens. */
export const noToken = ErrorBody.meta({ description: 'The token of a session is missing, or is none of ours.' })

/** The 422 of every route that reads something: which field is wrong, never what was in it (wire A5.0, S20). */
export const Unprocessable = z
  .object({
    detail: z.array(
      z.object({
        type: z.string(),
        loc: z.array(z.union([z.string(), z.number()])),
        msg: z.string(),
        input: z.union([z.null(), z.object({})]),
      }),
    ),
  })
  .meta({ description: 'Something in the request is not as it has to be.' })
