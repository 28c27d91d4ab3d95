import type { Agent } from 'node:http'
import { type ClientRequest, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'
import type { SecureContext } from 'node:tls'
import { Denial } from './denial.ts'
import { endToEnd } from './end-to-end.ts'
import type { Passage } from './gate.ts'
import { addressOf, isAddress, type Target } from './host.ts'

/** What requests of one sandbox are sent with. */
export interface Senders {
  readonly http: Agent
  readonly https: HttpsAgent
  /** The certificates by which servers are judged. */
  readonly trust: () => SecureContext
}

/** How long, in milliseconds, a connection may take to come about, and may then be silent. */
export interface Patience {
  readonly connectMs: number
  readonly idleMs: number
}

/** A request to send on. */
export interface Forwarding {
  readonly passage: Passage
  readonly path: string
  /** Headers that take the place of the client's, by names in lower case. */
  readonly added: ReadonlyMap<string, string>
  /** The protocol that the client wants to change to, if any. */
  readonly upgrade: 'websocket' | undefined
}

/** Sends a client's request on to the addresses of its passage. Throws when it cannot be sent on as it is. */
export function send(
  request: IncomingMessage,
  { passage, path, added, upgrade }: Forwarding,
  { http, https, trust }: Senders,
  { connectMs, idleMs }: Patience,
): ClientRequest {
  const { target, lookup } = passage
  const isSecure = target.scheme === 'https'
  const options = {
    host: target.host,
    port: target.port,
    method: request.method ?? 'GET',
    path,
    headers: headersFor(request, target, added, upgrade),
    lookup,
    autoSelectFamily: true,
  }
  const secure = {
    secureContext: isSecure ? trust() : undefined,
    servername: isAddress(target.host) ? '' : target.host,
  }
  const sent = isSecure
    ? httpsRequest({ ...options, ...secure, agent: https })
    : httpRequest({ ...options, agent: http })
  boundConnect(sent, isSecure ? 'secureConnect' : 'connect', connectMs, target)
  sent.setTimeout(idleMs, () =>
    sent.destroy(new Denial(502, addressOf(target), `it was silent for ${idleMs / 1000} s`)),
  )
  if (upgrade !== undefined) {
    sent.end()
    return sent
  }
  request.pipe(sent)
  // A client that gives up in the middle of its request must not seem to have ended it.
  request.on('close', () => {
    if (!request.complete) sent.destroy()
  })
  return sent
}

/** Gives a client the response to its request. Throws when the response cannot be given on as it is. */
export function giveBack(incoming: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false
  response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage ?? '', endToEnd(incoming.rawHeaders))
  pipeline(incoming, response, () => undefined)
}

/** The head of the answer by which a server changes to another protocol, with all that it said of it. */
export function switchingHead({ statusMessage = '', rawHeaders, headers }: IncomingMessage): string {
  const pairs = [...endToEnd(rawHeaders), 'Connection', 'Upgrade', 'Upgrade', headers.upgrade ?? '']
  const lines = Array.from({ length: pairs.length / 2 }, (_, index) => `${pairs[index * 2]}: ${pairs[index * 2 + 1]}`)
  return [`HTTP/1.1 101 ${statusMessage}`, ...lines, '', ''].join('\r\n')
}

function headersFor(
  request: IncomingMessage,
  target: Target,
  added: ReadonlyMap<string, string>,
  upgrade: 'websocket' | undefined,
): string[] {
  // The host is the one that was judged, whatever the client wrote; an expectation was met by the proxy.
  const rest = endToEnd(request.rawHeaders, new Set(['host', 'expect', ...added.keys()]))
  const { 'transfer-encoding': coding, 'content-length': length } = request.headers
  const hasNoBody = coding === undefined && length === undefined
  const mayHaveBody = !['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(request.method ?? 'GET')
  return [
    ...['Host', hostHeader(target)],
    ...rest,
    ...[...added].flat(),
    ...(coding === undefined ? [] : ['Transfer-Encoding', 'chunked']),
    ...(hasNoBody && mayHaveBody ? ['Content-Length', '0'] : []),
    ...(upgrade === undefined ? ['Connection', 'close'] : ['Connection', 'Upgrade', 'Upgrade', upgrade]),
  ]
}

function hostHeader(target: Target): string {
  const usual = target.scheme === 'https' ? 443 : 80
  return target.port === usual ? addressOf(target).replace(/:\d+$/, '') : addressOf(target)
}

function boundConnect(
  sent: ClientRequest,
  event: 'connect' | 'secureConnect',
  connectMs: number,
  target: Target,
): void {
  const late = new Denial(502, addressOf(target), `no connection within ${connectMs / 1000} s`)
  const timer = setTimeout(() => sent.destroy(late), connectMs)
  sent.on('socket', (socket: Socket) => socket.once(event, () => clearTimeout(timer)))
  sent.on('close', () => clearTimeout(timer))
}
