import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { anthropic } from './anthropic.ts'
import { chat } from './chat.ts'
import { deliver, holdBack } from './deliver.ts'
import type { Answer, Dialect, Route } from './dialect.ts'
import { admit, type Entrance, readBody, routeOf, unknownPath, wrongKey } from './door.ts'
import { Exchange } from './exchange.ts'
import { google } from './google.ts'
import type { JsonObject } from './json.ts'
import { Memory } from './memory.ts'
import { errorPayload, estimate, jsonPayload, modelList, payloadOf } from './payload.ts'
import { type DialectName, type NormalizedRequest, normalized, type RecordedRequest } from './request.ts'
import { responses } from './responses.ts'
import { type Content, type Reply, type Script, text } from './script.ts'
import type { Incoming, Limits, Refusal } from './strict.ts'
import { costOf, type Pricing, tokensOf, type Usage } from './usage.ts'

/** How the scripted provider behaves; everything left out is unlimited, unlisted, or the real provider's. */
export interface ScriptedModelOptions {
  readonly script: Script
  /** The one key that is accepted; without it every request is, with any key or none. */
  readonly apiKey?: string
  /** The models that exist; without it every name is accepted and the list shows 'scripted-model'. */
  readonly models?: readonly string[]
  /** Tokens of a prompt, estimated as a quarter of the body's bytes; the data of images does not count. */
  readonly contextLimit?: number
  /** Bytes of one decoded image. */
  readonly imageLimit?: number
  /** False for a model that refuses tools, as some local ones do. */
  readonly takesTools?: (model: string) => boolean
  /** Numbers to report instead of the estimate. */
  readonly usage?: (request: NormalizedRequest, estimate: Usage) => Partial<Usage>
  /** With prices, Chat Completions report `usage.cost` and `spent()` works. */
  readonly pricing?: Pricing
  /** How many of the last request bodies are kept; all unless given. */
  readonly keepBodies?: number
}

/** The stand-in for every LLM provider in the tests: real HTTP over loopback, strict about what it is sent. */
export interface ScriptedModel extends AsyncDisposable {
  readonly url: string
  /** Every request but lookups of models, in the order in which they had arrived in full. */
  readonly requests: readonly RecordedRequest[]
  /** Requests that asked for the list of models. */
  readonly lookups: readonly RecordedRequest[]
  /** What a user types as base URL for that dialect. */
  baseUrl(dialect: DialectName): string
  /** Resolves when the n-th request (from 1) has arrived; fails when the server ends before. */
  waitForRequest(n: number): Promise<RecordedRequest>
  /** One line for every request that was refused, and for every failure of the script itself. */
  refusals(): readonly string[]
  /** US dollars of all answers so far by the configured prices, whether they arrived or not. */
  spent(): number
}

const dialects: ReadonlyMap<DialectName, Dialect> = new Map(
  [anthropic, chat, responses, google].map(dialect => [dialect.name, dialect]),
)

/** Starts a scripted model on a free port of the loopback; disposing it ends every connection. */
export async function startScriptedModel(options: ScriptedModelOptions): Promise<ScriptedModel> {
  const model = new ScriptedServer(options)
  await model.listen()
  return model
}

/** The dialect in which somebody who missed every path expects an error. */
function spokenBy(request: IncomingMessage): Dialect {
  if (request.headers['anthropic-version'] !== undefined) return anthropic
  return request.url?.startsWith('/v1beta/') ? google : chat
}

class ScriptedServer implements ScriptedModel {
  readonly requests: Exchange[] = []
  readonly lookups: Exchange[] = []
  readonly #options: ScriptedModelOptions
  readonly #entrance: Entrance
  readonly #limits: Limits
  readonly #memory = new Memory()
  readonly #server: Server
  readonly #waiters = new Map<number, PromiseWithResolvers<RecordedRequest>>()
  #answered = 0
  #port = 0

  constructor(options: ScriptedModelOptions) {
    this.#options = options
    this.#entrance = { apiKey: options.apiKey, models: options.models && new Set(options.models) }
    this.#limits = {
      context: options.contextLimit ?? Number.POSITIVE_INFINITY,
      image: options.imageLimit,
      takesTools: options.takesTools ?? (() => true),
    }
    this.#server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, (request, response) => {
      const exchange = new Exchange(request, response)
      this.#serve(request, response, exchange).catch(error => this.#fail(exchange, response, error))
    })
  }

  async listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject)
    this.#server.listen(0, '127.0.0.1', resolve)
    await promise
    const address = this.#server.address()
    this.#port = typeof address === 'object' && address ? address.port : 0
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  baseUrl(dialect: DialectName): string {
    return `${this.url}/${dialect === 'google' ? 'v1beta' : 'v1'}`
  }

  waitForRequest(n: number): Promise<RecordedRequest> {
    const arrived = this.requests[n - 1]
    if (arrived) return Promise.resolve(arrived)
    const waiter = this.#waiters.get(n) ?? Promise.withResolvers<RecordedRequest>()
    this.#waiters.set(n, waiter)
    return waiter.promise
  }

  refusals(): readonly string[] {
    return this.requests.flatMap((exchange, at) => exchange.complaint(at) ?? [])
  }

  spent(): number {
    const { pricing } = this.#options
    if (!pricing) throw new Error('no prices are configured')
    return this.requests.reduce((sum, { usage }) => sum + (usage ? costOf(usage, pricing) : 0), 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
    for (const [n, waiter] of this.#waiters) {
      // Nobody may be listening any more, and that is no failure.
      waiter.promise.catch(() => undefined)
      waiter.reject(new Error(`the scripted model ended before request ${n}`))
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse, exchange: Exchange): Promise<void> {
    if (request.method === 'GET') return this.#lookUp(request, response, exchange)
    const bytes = await readBody(request).catch(() => null)
    const route = routeOf(exchange.method, exchange.path)
    const dialect = (route && dialects.get(route.dialect)) ?? spokenBy(request)
    exchange.dialect = route?.dialect
    exchange.bytes = bytes?.length ?? 0
    if (bytes === null) exchange.outcome = { kind: 'aborted' }
    if (bytes === null || !route) {
      this.#record(exchange)
      if (!route) await this.#refuse(exchange, response, dialect, unknownPath(exchange.method, exchange.path))
      return
    }
    const judged = this.#judge(exchange, bytes, route, dialect)
    this.#record(exchange)
    if ('failure' in judged) await this.#refuse(exchange, response, dialect, judged)
    else await this.#answer(exchange, response, dialect, judged, route.stream ?? judged.body['stream'] === true)
  }

  /** The request as the checks saw it, or the rule that it broke. */
  #judge(exchange: Exchange, bytes: Buffer | undefined, route: Route, dialect: Dialect): Incoming | Refusal {
    const admission = admit(exchange.headers, bytes, route, dialect, this.#entrance)
    exchange.body = admission.body
    if (!admission.admitted) return admission.refusal
    const { body, model } = admission
    exchange.model = model
    const images = dialect.images(body)
    const imageData = images.reduce((sum, image) => sum + image.base64.length, 0)
    const promptTokens = tokensOf(exchange.bytes - imageData)
    const { headers } = exchange
    const incoming: Incoming = {
      body,
      headers,
      model,
      promptTokens,
      images,
      memory: this.#memory,
      limits: this.#limits,
    }
    for (const [rule, check] of dialect.checks) {
      const failure = check(incoming)
      if (failure) return { rule, failure }
    }
    return incoming
  }

  #record(exchange: Exchange): void {
    const { keepBodies = Number.POSITIVE_INFINITY } = this.#options
    this.requests.push(exchange)
    const old = this.requests[this.requests.length - 1 - keepBodies]
    if (old) old.body = undefined
    this.#waiters.get(this.requests.length)?.resolve(exchange)
    this.#waiters.delete(this.requests.length)
  }

  async #refuse(exchange: Exchange, response: ServerResponse, dialect: Dialect, refusal: Refusal): Promise<void> {
    exchange.refuse(refusal)
    await deliver(response, errorPayload(dialect, refusal.failure), { before: [], gates: [] })
  }

  async #answer(
    exchange: Exchange,
    response: ServerResponse,
    dialect: Dialect,
    incoming: Incoming,
    stream: boolean,
  ): Promise<void> {
    const { model, promptTokens, body } = incoming
    const view = once(() =>
      normalized(dialect.read(body, this.#memory), { dialect: dialect.name, model, stream, promptTokens }),
    )
    const reply = await this.#nextReply(view)
    const payload = payloadOf(dialect, reply, stream, content => {
      const answer = this.#billed(incoming, content, reply, view)
      exchange.usage = answer.usage
      return answer
    })
    if ((await holdBack(response, reply.delivery)) === 'left') return
    if (!payload) {
      exchange.outcome = { kind: 'cut' }
      response.destroy()
      return
    }
    const ended = await deliver(response, payload, reply.delivery)
    if (ended === 'cut') exchange.outcome = { kind: 'cut' }
  }

  async #nextReply(view: () => NormalizedRequest): Promise<Reply> {
    const { script } = this.#options
    if (typeof script === 'function') return script(view())
    return script[this.#answered++] ?? text('Done.')
  }

  #billed(
    incoming: Incoming,
    content: Content & { readonly kind: 'answer' },
    reply: Reply,
    view: () => NormalizedRequest,
  ): Answer {
    const { pricing, usage: report } = this.#options
    const { parts, stop } = content
    const guess = estimate(parts, incoming.promptTokens)
    const usage = { ...guess, ...report?.(view(), guess), ...reply.usage }
    const cost = pricing && costOf(usage, pricing)
    const request: JsonObject = incoming.body
    return { model: incoming.model, parts, stop, usage, cost, request, memory: this.#memory }
  }

  async #lookUp(request: IncomingMessage, response: ServerResponse, exchange: Exchange): Promise<void> {
    request.resume()
    const path = exchange.path.split('?')[0]
    const dialect = spokenBy(request)
    const isList = path === '/v1/models' || path === '/v1beta/models'
    if (isList) this.lookups.push(exchange)
    else this.#record(exchange)
    if (!isList) return this.#refuse(exchange, response, dialect, unknownPath(exchange.method, exchange.path))
    const failure = wrongKey(exchange.headers, dialect, this.#entrance)
    if (failure) return this.#refuse(exchange, response, dialect, { rule: 'api-key', failure })
    const models = this.#options.models ?? ['scripted-model']
    await deliver(response, jsonPayload(modelList(models, dialect.name)), { before: [], gates: [] })
  }

  #fail(exchange: Exchange, response: ServerResponse, error: unknown): void {
    exchange.outcome = { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
    if (response.headersSent) response.destroy()
    else response.writeHead(500, { 'content-type': 'text/plain' }).end('the script of the model failed')
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
