import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { connect, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { EgressRefusal } from '../core/ports.ts'
import { answerDenial, denialOf, responseOn, writeDenial } from './answer.ts'
import type { Credentials } from './credential.ts'
import { Denial } from './denial.ts'
import { giveBack, type Patience, type Senders, send, switchingHead } from './forward.ts'
import type { Gate, Passage } from './gate.ts'
import { addressOf, type Target } from './host.ts'
import { type Asked, askedInside, askedOfConnect, askedOfProxy } from './request-target.ts'
import { splice } from './splice.ts'

/** What the proxy of one session works with. */
export interface SessionProxyOptions {
  readonly gate: Gate
  readonly credentials: Credentials
  /** What a server needs to be taken for a host by the programs inside; only for hosts whose requests must be seen. */
  readonly contextFor: (host: string) => Promise<SecureContext>
  readonly trust: () => SecureContext
  /** Must not throw. */
  readonly onRefused: (refusal: EgressRefusal) => void
}

/** What is different about a request that is handled. */
interface Handling {
  readonly onAdmitted?: () => void
  /** Of a client that wants to change to another protocol: its connection, and what it has sent already. */
  readonly switching?: { readonly socket: Socket; readonly head: Buffer }
}

/** Bytes of a request's head. */
const maxHeaderSize = 64 * 1024
/** Connections of one sandbox. */
const maxConnections = 256
const patience: Patience = { connectMs: 10_000, idleMs: 300_000 }
/** How long, in milliseconds, a client may take to send a request's head. */
const headersTimeout = 30_000
/** The first byte of TLS. */
const handshake = 0x16

/** The HTTP proxy of one sandbox, not yet listening: plain requests, tunnels, and requests within tunnels that must be seen. */
export class SessionProxy {
  readonly server: Server
  readonly #options: SessionProxyOptions
  readonly #senders: Senders
  readonly #sockets = new Set<Socket>()
  /** The targets of connections whose tunnel ends here. */
  readonly #inside = new WeakMap<Socket, Target>()

  constructor(options: SessionProxyOptions) {
    this.#options = options
    const limits = { keepAlive: false, maxSockets: maxConnections }
    this.#senders = { http: new Agent(limits), https: new HttpsAgent(limits), trust: options.trust }
    this.server = createServer({
      maxHeaderSize,
      headersTimeout,
      requestTimeout: 0,
      requireHostHeader: false,
      shouldUpgradeCallback: request => upgradeOf(request) !== undefined,
    })
    this.server.maxConnections = maxConnections
    this.server.timeout = patience.idleMs
    this.server.on('connection', socket => this.#track(socket))
    this.server.on('request', (request, response) => this.#handle(request, response))
    this.server.on('checkContinue', (request, response) =>
      this.#handle(request, response, { onAdmitted: () => response.writeContinue() }),
    )
    this.server.on('upgrade', (request, socket, head) => this.#switch(request, socket, head))
    this.server.on('connect', (request, socket, head) => this.#connect(request, socket, head))
    this.server.on('clientError', (_error, socket) => {
      const isUnanswered = socket instanceof Socket && socket.bytesWritten === 0
      if (isUnanswered) writeDenial(socket, new Denial(400, 'the proxy', 'this is not an HTTP request'))
      else socket.destroy()
    })
  }

  /** Ends every connection. */
  close(): void {
    this.server.close()
    for (const socket of this.#sockets) socket.destroy()
    this.#senders.http.destroy()
    this.#senders.https.destroy()
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }

  #handle(request: IncomingMessage, response: ServerResponse, how: Handling = {}): void {
    let name = 'the proxy'
    try {
      const asked = this.#asked(request)
      name = addressOf(asked.target)
      this.#forward(asked, request, response, how).catch(error => this.#deny(error, response, name))
    } catch (error) {
      this.#deny(error, response, name)
    }
  }

  async #forward(
    { target, path }: Asked,
    request: IncomingMessage,
    response: ServerResponse,
    { onAdmitted, switching }: Handling,
  ): Promise<void> {
    // It would have the server repeat what was added to the request.
    if (request.method === 'TRACE') throw new Denial(403, addressOf(target), 'the method TRACE is not let out')
    const passage = await this.#options.gate.admit(target, request.method)
    const added = this.#options.credentials.headersFor(target)
    if (response.closed) return
    onAdmitted?.()
    const upgrade = switching && upgradeOf(request)
    const sent = send(request, { passage, path, added, upgrade }, this.#senders, patience)
    const fail = (error: unknown): void => this.#deny(error, response, addressOf(target))
    sent.on('error', fail)
    sent.on('response', incoming => {
      try {
        giveBack(incoming, response)
      } catch (error) {
        incoming.destroy()
        fail(error)
      }
    })
    sent.on('upgrade', (incoming, socket, head) => {
      if (switching === undefined) return socket.destroy()
      response.detachSocket(switching.socket)
      switching.socket.write(switchingHead(incoming))
      switching.socket.write(head)
      socket.write(switching.head)
      splice(switching.socket, socket, patience.idleMs)
    })
    response.on('close', () => sent.destroy())
  }

  #asked(request: IncomingMessage): Asked {
    const target = this.#inside.get(request.socket)
    return target === undefined ? askedOfProxy(request) : askedInside(request, target)
  }

  /** Nobody is told of what a client has given up, or of what breaks off in the middle: the client sees that itself. */
  #deny(error: unknown, response: ServerResponse, target: string): void {
    if (response.closed) return
    const denial = denialOf(error, target)
    if (!response.headersSent) this.#tell(denial)
    answerDenial(response, denial)
  }

  #tell({ target, message }: Denial): void {
    this.#options.onRefused({ target, message })
  }

  #switch(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!(socket instanceof Socket)) return
    this.#handle(request, responseOn(socket, request), { switching: { socket, head } })
  }

  #connect(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    if (!(duplex instanceof Socket)) return
    this.#tunnel(request, duplex, head).catch(error => {
      const denial = denialOf(error, request.url ?? '')
      if (!duplex.destroyed) this.#tell(denial)
      writeDenial(duplex, denial)
    })
  }

  async #tunnel(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    if (this.#inside.has(socket)) throw new Denial(400, request.url ?? '', 'there is no proxy within a connection')
    const target = askedOfConnect(request)
    const passage = await this.#options.gate.admit(target)
    if (passage.needsMethod || this.#options.credentials.has(target)) {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      if (head.length > 0) socket.unshift(head)
      socket.setTimeout(headersTimeout, () => socket.destroy())
      socket.once('data', first => this.#look(socket, first, target))
      return
    }
    const upstream = await connected(passage)
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    upstream.write(head)
    splice(socket, upstream, patience.idleMs)
  }

  /** Goes on as the server that the client wanted to reach: with its certificate, if it begins with TLS. */
  #look(socket: Socket, first: Buffer, target: Target): void {
    socket.pause()
    socket.unshift(first)
    if (first[0] !== handshake) {
      this.#serve(socket, { ...target, scheme: 'http' })
      return
    }
    const begun = this.#options.contextFor(target.host).then(secureContext => {
      const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] })
      this.#serve(secure, target)
    })
    begun.catch(() => socket.destroy())
  }

  #serve(socket: Socket, target: Target): void {
    this.#inside.set(socket, target)
    this.server.emit('connection', socket)
    socket.resume()
  }
}

/** Only this change of protocol is carried out: any other might lead past what is judged. */
function upgradeOf({ headers }: IncomingMessage): 'websocket' | undefined {
  return headers.upgrade?.toLowerCase() === 'websocket' ? 'websocket' : undefined
}

async function connected({ target, lookup }: Passage): Promise<Socket> {
  const { host, port } = target
  const socket = connect({ host, port, lookup, autoSelectFamily: true, allowHalfOpen: true })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const late = new Denial(502, addressOf(target), `no connection within ${patience.connectMs / 1000} s`)
  const timer = setTimeout(() => socket.destroy(late), patience.connectMs)
  socket.once('connect', resolve)
  socket.once('error', reject)
  try {
    await promise
    return socket
  } finally {
    clearTimeout(timer)
  }
}
