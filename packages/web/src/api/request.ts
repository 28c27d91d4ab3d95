import { currentToken, noteDenied } from './access.ts'
import { address } from './address.ts'

/** The server said no, or nothing: `status` 0. `message` is for people. */
export class RequestError extends Error {
  readonly status: number
  readonly remedy: string | undefined

  constructor(status: number, message: string, remedy?: string) {
    super(message)
    this.name = 'RequestError'
    this.status = status
    this.remedy = remedy
  }
}

/** A request; `json` is the body, `body` the same as bytes. */
export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly json?: unknown
  readonly body?: BodyInit
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Asks the server. Throws `RequestError` for every answer that is not a success; an abort is passed on as it is. */
export async function request(path: string, asked: Asked = {}): Promise<Response> {
  const { method = 'GET', json, body, signal } = asked
  const headers = new Headers(asked.headers)
  const token = currentToken()
  if (token !== undefined && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`)
  if (json !== undefined) headers.set('content-type', 'application/json')
  const content = json === undefined ? body : JSON.stringify(json)
  const response = await fetch(address(path), {
    method,
    headers,
    cache: 'no-store',
    credentials: 'same-origin',
    redirect: 'error',
    ...(content === undefined ? {} : { body: content }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw new RequestError(0, 'The server does not answer.')
  })
  if (response.status === 401) noteDenied()
  if (!response.ok) throw await failureOf(response)
  return response
}

/** The JSON of an answer. The server is the one that this page came from: it is taken at its word. */
export async function requestJson<T>(path: string, asked?: Asked): Promise<T> {
  const response = await request(path, asked)
  return (await response.json()) as T // the type of the route, as the protocol has it
}

async function failureOf(response: Response): Promise<RequestError> {
  const said: unknown = await response.json().catch(() => undefined)
  const { detail, error, message, remedy } = fieldsOf(said)
  const text = [detail, message, error].find(each => typeof each === 'string' && each !== '') ?? firstIssue(detail)
  const words = typeof text === 'string' ? text : `The server answered ${response.status}.`
  return new RequestError(response.status, words, typeof remedy === 'string' ? remedy : undefined)
}

function firstIssue(detail: unknown): string | undefined {
  const { loc, msg } = fieldsOf(Array.isArray(detail) ? detail[0] : undefined)
  return typeof msg === 'string' ? `${Array.isArray(loc) ? `${loc.slice(1).join('.')}: ` : ''}${msg}` : undefined
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
