import { STATUS_CODES } from 'node:http'
import type { Payload } from './deliver.ts'
import type { Answer, Dialect } from './dialect.ts'
import type { JsonObject } from './json.ts'
import type { Content, Failure, Part, Reply } from './script.ts'
import { tokensOf, type Usage } from './usage.ts'

const jsonHeaders = { 'content-type': 'application/json' }
const streamHeaders = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }

/** An error in the shape of the dialect. */
export function errorPayload(
  dialect: Dialect,
  failure: Failure,
  headers: Readonly<Record<string, string>> = {},
): Payload {
  return json(failure.status, dialect.error(failure), headers)
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Payload {
  return { status, headers: { ...jsonHeaders, ...headers }, pieces: [JSON.stringify(body)] }
}

function httpPayload(dialect: Dialect, given: Content & { readonly kind: 'http' }): Payload {
  const { status, headers, body } = given
  if (body === undefined) return errorPayload(dialect, { status, message: STATUS_CODES[status] ?? 'Error' }, headers)
  if (typeof body !== 'string') return json(status, body, headers)
  const type = /^\s*</.test(body) ? 'text/html' : 'text/plain'
  return { status, headers: { 'content-type': type, ...headers }, pieces: [body] }
}

function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.deltas.reduce((inner, delta) => inner + Buffer.byteLength(delta), 0), 0)
}

/** What an answer costs by the rule of four bytes to a token, nothing being cached. */
export function estimate(parts: readonly Part[], promptTokens: number): Usage {
  const reasoning = tokensOf(bytesOf(parts.filter(part => part.type === 'thinking')))
  const spoken = tokensOf(bytesOf(parts.filter(part => part.type !== 'thinking')))
  return { input: promptTokens, cached: 0, cacheWrite: 0, output: Math.max(1, spoken + reasoning), reasoning }
}

function streamed(dialect: Dialect, answer: Answer, { delivery }: Reply): Payload {
  const events = dialect.events(answer)
  const { streamError, duplicate } = delivery
  const pieces = streamError
    ? [...events.content.slice(0, streamError.afterChunks), dialect.errorEvent(streamError.failure)]
    : [...events.content, ...events.finish, ...(delivery.noDone ? [] : events.done)]
  const twice = duplicate === undefined ? undefined : pieces[duplicate]
  if (duplicate !== undefined && twice !== undefined) pieces.splice(duplicate, 0, twice)
  return { status: 200, headers: streamHeaders, pieces }
}

/** What the script's reply is in bytes of this dialect; undefined where it is silence. */
export function payloadOf(
  dialect: Dialect,
  reply: Reply,
  stream: boolean,
  answerOf: (content: Content & { readonly kind: 'answer' }) => Answer,
): Payload | undefined {
  const { content, delivery } = reply
  switch (content.kind) {
    case 'silence':
      return undefined
    case 'http':
      return httpPayload(dialect, content)
    case 'raw':
      return { status: 200, headers: stream ? streamHeaders : jsonHeaders, pieces: [content.bytes] }
    case 'answer':
      if (stream) return streamed(dialect, answerOf(content), reply)
      if (delivery.streamError) return errorPayload(dialect, delivery.streamError.failure)
      return json(200, dialect.whole(answerOf(content)))
  }
}

/** The list of models in the shape of whoever asks. */
export function modelList(models: readonly string[], dialect: Dialect['name']): JsonObject {
  if (dialect === 'google') {
    return {
      models: models.map(id => ({
        name: `models/${id}`,
        displayName: id,
        supportedGenerationMethods: ['generateContent'],
      })),
    }
  }
  if (dialect === 'anthropic') {
    const data = models.map(id => ({ type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' }))
    return { data, has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null }
  }
  return {
    object: 'list',
    data: models.map(id => ({ id, object: 'model', created: 1_767_225_600, owned_by: 'scripted' })),
  }
}

/** A whole answer to a lookup. */
export function jsonPayload(body: JsonObject): Payload {
  return json(200, body)
}
