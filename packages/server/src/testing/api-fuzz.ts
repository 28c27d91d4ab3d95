import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { fitting, hostile, hostileText, type JsonSchema, nearlyFitting } from './schema-values.ts'

/** One operation of an OpenAPI document, as far as requests are made of it. */
export interface Operation {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> }
  readonly responses: Readonly<Record<string, Response>>
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
}
export interface Parameter {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly schema: JsonSchema
  readonly required?: boolean
}
export interface Response {
  readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>>
}
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<Operation, 'name' | 'method' | 'path'>>>>>
}

/** A request to be sent. */
export interface Asked {
  readonly target: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** How it says who it comes from. */
  readonly as: 'known' | 'nobody' | 'stranger' | 'foreign page' | 'other host'
}

export interface Answered {
  readonly status: number
  readonly type: string
  readonly body: Buffer
}

/** Every operation of a document. */
export function operationsOf({ paths }: Document): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method: method.toUpperCase(),
      name: `${method.toUpperCase()} ${path}`,
    })),
  )
}

/** Values that something is known by, by the name of the parameter or field that takes them. */
export type Known = Readonly<Record<string, fc.Arbitrary<string>>>

/** So many requests of an operation, the same for the same seed. */
export function requestsOf(operation: Operation, count: number, seed: number, known: Known): readonly Asked[] {
  const { method, path, parameters = [], requestBody } = operation
  const [contentType, media] = Object.entries(requestBody?.content ?? {})[0] ?? []
  const values = fc.record(
    Object.fromEntries(parameters.map(parameter => [parameter.in + parameter.name, anyOf(parameter, known)])),
  )
  const body = media === undefined ? strayBody : bodyOf(contentType ?? '', media.schema, known)
  const as = fc.oneof(
    { weight: 92, arbitrary: fc.constant('known' as const) },
    { weight: 8, arbitrary: fc.constantFrom('nobody', 'stranger', 'foreign page', 'other host') },
  )
  const request = fc.record({ values, body, as }).map(({ values: given, body: [type, bytes], as: who }): Asked => {
    const of = (where: Parameter['in']): readonly (readonly [string, string])[] =>
      parameters.flatMap(({ in: place, name }) => {
        const value = given[place + name]
        return place !== where || value === undefined ? [] : [[name, textOf(value)] as const]
      })
    const query = new URLSearchParams(
      of('query').map(([name, value]): [string, string] => [name, value.toWellFormed()]),
    ).toString()
    const target = of('path').reduce((all, [name, value]) => all.replace(`{${name}}`, inPath(value)), path)
    const headers = Object.fromEntries(of('header').map(([name, value]) => [name, inHeader(value)]))
    const carries = method !== 'GET' && bytes !== undefined
    return {
      method,
      target: query === '' ? target : `${target}?${query}`,
      headers: carries ? { ...headers, ...(type === '' ? {} : { 'content-type': type }) } : headers,
      as: who,
      ...(carries ? { body: bytes } : {}),
    }
  })
  return fc.sample(request, { numRuns: count, seed })
}

/** Sends requests over few connections; a stream of events is left as soon as it has begun. */
export class Client implements Disposable {
  readonly #base: URL
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 })

  constructor(url: string) {
    this.#base = new URL(url)
  }

  /** `localAddress`: another end of the connection than usual. Rejects when there is no answer. */
  async send({ target, method, headers, body }: Asked, localAddress?: string): Promise<Answered> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const { hostname, port, host } = this.#base
    const length = body === undefined ? {} : { 'content-length': body.length }
    const request = httpRequest(
      {
        hostname,
        port,
        path: target,
        method,
        setHost: false,
        headers: { host, ...headers, ...length },
        agent: localAddress === undefined ? this.#agent : false,
        ...(localAddress === undefined ? {} : { localAddress }),
      },
      resolve,
    )
    request.on('error', reject).end(body)
    const response = await promise
    const status = response.statusCode ?? 0
    const type = (response.headers['content-type'] ?? '').replace(/;.*/, '')
    if (type === 'text/event-stream') {
      response.destroy()
      return { status, type, body: Buffer.alloc(0) }
    }
    const pieces: Buffer[] = []
    for await (const piece of response) pieces.push(piece)
    return { status, type, body: Buffer.concat(pieces) }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

function anyOf({ in: place, name, schema, required }: Parameter, known: Known): fc.Arbitrary<unknown> {
  const fits = known[name] ?? fitting(schema)
  const value = fc.oneof(
    { weight: 6, arbitrary: fits },
    { weight: 1, arbitrary: hostileText },
    { weight: 1, arbitrary: hostile },
  )
  return place === 'path' || required === true ? value : fc.option(value, { nil: undefined })
}

type Body = readonly [type: string, bytes: Buffer | undefined]
const JSON_TYPE = 'application/json'

/** What comes where nothing is expected. */
const strayBody: fc.Arbitrary<Body> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(['', undefined] as const) },
  { weight: 1, arbitrary: fc.constantFrom('null', '{}', '{', '').map(text => [JSON_TYPE, Buffer.from(text)] as const) },
  { weight: 1, arbitrary: fc.constant(['application/xml', Buffer.from('<a/>')] as const) },
)

function bodyOf(contentType: string, schema: JsonSchema, known: Known): fc.Arbitrary<Body> {
  if (contentType === 'multipart/form-data') return fc.oneof({ weight: 5, arbitrary: multipart }, strayBody)
  const json = (value: unknown): Body => [JSON_TYPE, Buffer.from(JSON.stringify(value) ?? '')]
  return fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fitting(schema), fc.record(known)).map(withKnown).map(json) },
    { weight: 3, arbitrary: nearlyFitting(schema).map(json) },
    { weight: 1, arbitrary: hostile.map(json) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.constantFrom(JSON_TYPE, 'text/plain', 'a/b', ';', 'multipart/form-data'),
          fc.uint8Array({ maxLength: 50 }),
        )
        .map(([type, bytes]): Body => [type, Buffer.from(bytes)]),
    },
    { weight: 1, arbitrary: strayBody },
  )
}

/** Fields that name something name something that is there. */
function withKnown([value, known]: readonly [unknown, Readonly<Record<string, string>>]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, known[name] ?? one]))
}

const part = fc.record({
  field: fc.oneof({ weight: 5, arbitrary: fc.constant('files') }, fc.constantFrom('other', '', '__proto__')),
  name: fc.option(fc.oneof(fc.stringMatching(/^[a-z]{1,8}\.(txt|md|zip)$/), hostileText), { nil: undefined }),
  content: fc.uint8Array({ maxLength: 200 }),
})
const multipart: fc.Arbitrary<Body> = fc
  .record({ parts: fc.array(part, { maxLength: 3 }), whole: fc.integer({ min: 0, max: 9 }) })
  .map(({ parts, whole }) => {
    const boundary = 'a-boundary'
    const pieces = parts.flatMap(({ field, name, content }) => {
      const file = name === undefined ? '' : `; filename="${inHeader(name).replaceAll('"', '%22')}"`
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"${file}\r\n\r\n`
      return [Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')]
    })
    const bytes = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)])
    if (whole === 0) return ['multipart/form-data', bytes]
    const type = `multipart/form-data; boundary=${boundary}`
    return [type, whole === 1 ? bytes.subarray(0, bytes.length / 2) : bytes]
  })

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** An empty part would make another path of it. */
function inPath(value: string): string {
  return value === '%zz' ? value : encodeURIComponent(value.toWellFormed()) || '-'
}

function inHeader(value: string): string {
  return value.replace(/[^\x20-\x7e\x80-\xff]/g, '').trim()
}
