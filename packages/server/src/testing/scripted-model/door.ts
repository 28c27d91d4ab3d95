import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Dialect, Route } from './dialect.ts'
import { isObject, type JsonObject, loneSurrogateAt, str } from './json.ts'
import type { Failure } from './script.ts'
import { bad, type Refusal, type RuleName } from './strict.ts'

/** Bytes of a body beyond which nobody reads on; Anthropic's limit. */
export const bodyLimit = 32 * 1024 * 1024

const paths: ReadonlyMap<string, Route> = new Map([
  ['/v1/messages', { dialect: 'anthropic' }],
  ['/v1/chat/completions', { dialect: 'chat' }],
  ['/v1/responses', { dialect: 'responses' }],
])

/** Where a request goes, or undefined where no provider would know the path. */
export function routeOf(method: string, url: string): Route | undefined {
  if (method !== 'POST') return undefined
  const [path = '', query = ''] = url.split('?', 2)
  const known = paths.get(path)
  if (known) return known
  const match = /^\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent)$/.exec(path)
  const stream = match?.[2] === 'streamGenerateContent'
  if (!match || (stream && new URLSearchParams(query).get('alt') !== 'sse')) return undefined
  return { dialect: 'google', model: decodeURIComponent(match[1] ?? ''), stream }
}

/** The body of a request; undefined when it is over the limit (the rest is read and dropped). Fails when the client leaves. */
export function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= bodyLimit) chunks.push(chunk)
      else chunks = []
    })
    request.once('end', () => resolve(size <= bodyLimit ? Buffer.concat(chunks, size) : undefined))
    request.once('error', reject)
    request.once('close', () => reject(new Error('the client left while it sent its request')))
  })
}

/** Who may come in. */
export interface Entrance {
  readonly apiKey: string | undefined
  readonly models: ReadonlySet<string> | undefined
}

/** What the door found: a request that a dialect may look at, or why not. */
export type Admission =
  | { readonly admitted: true; readonly body: JsonObject; readonly model: string }
  | { readonly admitted: false; readonly refusal: Refusal; readonly body?: unknown }

function refused(rule: RuleName, failure: Failure, body?: unknown): Admission {
  return { admitted: false, refusal: { rule, failure }, body }
}

/** The failure of a path that nobody serves. */
export function unknownPath(method: string, url: string): Refusal {
  const failure = { status: 404, message: `Invalid URL (${method} ${url})`, code: null }
  return { rule: 'path', failure }
}

/** The failure of a key, if there is one to complain about. */
export function wrongKey(headers: IncomingHttpHeaders, dialect: Dialect, entrance: Entrance): Failure | undefined {
  if (entrance.apiKey === undefined) return undefined
  const key = dialect.key(headers)
  return key === entrance.apiKey ? undefined : dialect.wrongKey(key)
}

function badHeaders(headers: IncomingHttpHeaders, dialect: Dialect, entrance: Entrance): Admission | undefined {
  const key = wrongKey(headers, dialect, entrance)
  if (key) return refused('api-key', key)
  if (dialect.name === 'anthropic' && headers['anthropic-version'] === undefined) {
    return refused('version', bad('anthropic-version: header is required'))
  }
  const type = str(headers['content-type']).split(';')[0]?.trim().toLowerCase()
  return type === 'application/json'
    ? undefined
    : refused('content-type', bad(`Unsupported content type: '${type}'. Use application/json.`))
}

function unreadable(reason: string): Failure {
  return bad(`We could not parse the JSON body of your request: the request body is not valid JSON: ${reason}`)
}

function parse(bytes: Buffer): { readonly body: JsonObject } | { readonly refusal: Admission } {
  if (!isUtf8(bytes)) return { refusal: refused('utf-8', unreadable('invalid UTF-8')) }
  const json = bytes.toString('utf8')
  let body: unknown
  try {
    body = JSON.parse(json)
  } catch (error) {
    return { refusal: refused('json', unreadable(error instanceof Error ? error.message : String(error))) }
  }
  if (!isObject(body)) return { refusal: refused('json', unreadable('an object was expected'), body) }
  const at = loneSurrogateAt(json)
  return at < 0 ? { body } : { refusal: refused('unicode', unreadable(`no low surrogate in string: char ${at}`), body) }
}

/** Checks everything that can be told without knowing the dialect's bodies. */
export function admit(
  headers: IncomingHttpHeaders,
  bytes: Buffer | undefined,
  route: Route,
  dialect: Dialect,
  entrance: Entrance,
): Admission {
  const headerProblem = badHeaders(headers, dialect, entrance)
  if (headerProblem) return headerProblem
  if (!bytes) return refused('body-size', { status: 413, message: 'Request exceeds the maximum size' })
  const parsed = parse(bytes)
  if ('refusal' in parsed) return parsed.refusal
  const { body } = parsed
  const model = route.model ?? str(body['model'])
  if (model === '')
    return refused(
      'model',
      bad(dialect.name === 'anthropic' ? 'model: Field required' : 'you must provide a model parameter'),
      body,
    )
  if (entrance.models && !entrance.models.has(model)) return refused('model', dialect.unknownModel(model), body)
  return { admitted: true, body, model }
}
