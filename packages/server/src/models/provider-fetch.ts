import http from 'node:http'
import https from 'node:https'
import { type CallClocks, type Deadlines, startClocks, type Timers } from './deadlines.ts'
import type { Endpoint } from './endpoint.ts'
import { brokenOff, connectionFailure, httpFailure } from './errors.ts'
import { bodyOf, textOf } from './response-body.ts'

/** What the calls of all models share: kept-alive connections, time. */
export interface Network {
  readonly agents: { readonly http: http.Agent; readonly https: https.Agent }
  readonly deadlines: Deadlines
  readonly timers: Timers
  now(): Date
}

/** A network with connections of its own; idle ones are closed after 30 seconds and never keep the process alive. */
export function newNetwork(deadlines: Deadlines, timers: Timers, now: () => Date): Network {
  const settings = { keepAlive: true, timeout: 30_000, maxFreeSockets: 64 }
  return { agents: { http: new http.Agent(settings), https: new https.Agent(settings) }, deadlines, timers, now }
}

/**
 * The `fetch` that a provider's library is given: POST with four clocks, no redirects, and every failure a
 * `ProviderFailure`. A connection that the provider closed while it was idle is replaced once without a word.
 */
export function providerFetch(endpoint: Endpoint, network: Network): typeof globalThis.fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    try {
      return await call(url, init, endpoint, network)
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error
      return await call(url, init, endpoint, network, true)
    }
  }
}

/** A kept connection turned out to be closed before anything was answered. */
class StaleConnection extends Error {
  override readonly name = 'StaleConnection'
}

async function call(
  url: URL,
  init: RequestInit,
  endpoint: Endpoint,
  network: Network,
  fresh = false,
): Promise<Response> {
  init.signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const request = open(url, init, network, fresh)
  let fail = (reason: unknown): void => {
    reject(reason)
    request.destroy()
  }
  const clocks = startClocks(network.deadlines, endpoint, network.timers, failure => fail(failure))
  const onAbort = (): void => fail(init.signal?.reason)
  init.signal?.addEventListener('abort', onAbort, { once: true })
  const onEnd = (): void => {
    clocks.stop()
    init.signal?.removeEventListener('abort', onAbort)
  }
  noteConnection(request, clocks)
  request.on('error', error => {
    onEnd()
    const isStale = request.reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
    reject(isStale ? new StaleConnection() : connectionFailure(endpoint, error))
  })
  request.on('response', message => {
    if (!isStream(message)) return resolve(refuse(message, endpoint, network, onEnd))
    const body = bodyOf(message, { clocks, onEnd, brokenOff: cause => brokenOff(endpoint, cause) })
    fail = body.fail
    resolve(new Response(body.stream, { status: message.statusCode ?? 200, headers: namedHeaders(message.headers) }))
  })
  request.end(init.body)
  return promise
}

function open(url: URL, init: RequestInit, network: Network, fresh: boolean): http.ClientRequest {
  const headers = { ...sentHeaders(init.headers), 'accept-encoding': 'identity' }
  const method = init.method ?? 'GET'
  return url.protocol === 'https:'
    ? https.request(url, { method, headers, agent: fresh ? false : network.agents.https })
    : http.request(url, { method, headers, agent: fresh ? false : network.agents.http })
}

/** Providers' libraries insist on a key; an empty one is not sent. */
function sentHeaders(given: RequestInit['headers']): Record<string, string> {
  const headers = Object.entries(Object.fromEntries(new Headers(given)))
  return Object.fromEntries(headers.filter(([, value]) => value !== '' && value !== 'Bearer'))
}

function noteConnection(request: http.ClientRequest, clocks: CallClocks): void {
  request.on('socket', socket => {
    if (!socket.connecting && request.reusedSocket) return clocks.connected()
    socket.once(request.protocol === 'https:' ? 'secureConnect' : 'connect', () => clocks.connected())
  })
}

function isStream(message: http.IncomingMessage): boolean {
  const type = message.headers['content-type'] ?? ''
  return message.statusCode === 200 && !/html|application\/json/i.test(type)
}

async function refuse(
  message: http.IncomingMessage,
  endpoint: Endpoint,
  network: Network,
  onEnd: () => void,
): Promise<never> {
  const body = await textOf(message)
  onEnd()
  throw httpFailure(endpoint, { status: message.statusCode ?? 0, headers: message.headers, body }, network.now())
}

function namedHeaders(headers: http.IncomingHttpHeaders): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[name, value]] : [],
  )
}
