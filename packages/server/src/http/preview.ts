import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SessionId } from '@openhands/protocol'
import type { ByteStream, Log } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { answerInstead, type PreviewTrouble } from './preview-answers.ts'
import { exchange, upgrade } from './preview-exchange.ts'
import { PreviewHeaders } from './preview-headers.ts'
import { PreviewLabels } from './preview-label.ts'
import { PreviewOrigins, type Visit } from './preview-origins.ts'
import { PreviewSlots } from './preview-slots.ts'
import { refuse } from './security-headers.ts'
import { StreamSocket } from './stream-socket.ts'

/** A connection into a sandbox, or why there is none: no such session, its sandbox does not run, the port refuses. */
export type PreviewOpening =
  | { readonly state: 'open'; readonly stream: ByteStream }
  | { readonly state: 'unknown' | 'asleep' | 'closed' }

export interface PreviewOptions {
  readonly host: string
  /** 0 takes any that is free. */
  readonly port: number
  /** At least 32 random bytes; with the same ones addresses stay as they are. */
  readonly key: Uint8Array
  /**
   * What browsers see where a proxy stands in front, as `https://*.preview.example.com`; it should share no registrable
   * domain with the control origin, as a page may set cookies for its whole domain. Otherwise `http://*.localhost:<port>`.
   */
  readonly originPattern?: string | undefined
  /** The origins of our own page, which may show previews in a frame and see whether one answers. */
  readonly controlOrigins: readonly string[]
  /** Connects to a port inside; must not start a sandbox, for pages ask again and again. */
  readonly open: (session: SessionId, port: number, signal: AbortSignal) => Promise<PreviewOpening>
  readonly log: Log
}

/** The door to servers in sandboxes. Disposing it ends every connection. */
export interface Preview extends AsyncDisposable {
  readonly port: number
  /** The origins of all previews, as a policy writes them: `http://*.localhost:3001`. */
  readonly pattern: string
  /** Where a browser finds a port of a session; good for whoever knows it, as long as the key is the same. */
  urlOf(session: SessionId, port: number): string
}

/** How long, in milliseconds: to send headers, a whole request, to get a connection, to say nothing at all. */
const HEADERS_MS = 20_000
const REQUEST_MS = 3_600_000
const OPEN_MS = 30_000
const IDLE_MS = 3_600_000
/** Bytes that the headers of a request may have. */
const HEADER_BYTES = 32 * 1024
/** Connections of browsers. */
const MOST_CONNECTIONS = 4096

/**
 * Opens a listener of its own for what agents have made: every session and port has an origin that shares nothing with the
 * control origin nor with another preview (S15), and leads into its own sandbox and nowhere else (S28). Whoever knows the
 * unguessable address may look.
 */
export async function startPreview(options: PreviewOptions): Promise<Preview> {
  const labels = new PreviewLabels(options.key)
  const given = options.originPattern === undefined ? undefined : new PreviewOrigins(options.originPattern, labels)
  const server = createServer({
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: 5000,
    keepAliveTimeout: 10_000,
    maxHeaderSize: HEADER_BYTES,
    requireHostHeader: false,
    // Offers of other protocols, as of HTTP/2 by curl, are simply not taken up.
    shouldUpgradeCallback: request => request.headers.upgrade?.toLowerCase() === 'websocket',
  })
  server.maxConnections = MOST_CONNECTIONS
  server.timeout = IDLE_MS
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(options.port, options.host, resolve)
  await promise
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  const pattern = options.originPattern ?? `http://*.localhost:${port}`
  const origins = given ?? new PreviewOrigins(pattern, labels)
  const door = new PreviewDoor(origins, options)
  door.serve(server)
  return {
    port,
    pattern,
    urlOf: (session, inner) => `${origins.of({ session, port: inner })}/`,
    async [Symbol.asyncDispose]() {
      await door.close(server)
    },
  }
}

class PreviewDoor {
  readonly #origins: PreviewOrigins
  readonly #headers: PreviewHeaders
  readonly #options: PreviewOptions
  readonly #slots = new PreviewSlots()
  /** Connections that have become WebSockets: the server does not know them any more. */
  readonly #sockets = new Set<Duplex>()

  constructor(origins: PreviewOrigins, options: PreviewOptions) {
    this.#origins = origins
    this.#headers = new PreviewHeaders(origins, options.controlOrigins)
    this.#options = options
  }

  serve(server: Server): void {
    server.on('request', (request, response) => this.#receive(request, response))
    server.on('checkExpectation', (request, response) => this.#receive(request, response))
    server.on('upgrade', (request, socket, head) => this.#receiveUpgrade(request, socket, head))
    server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
      refuse(socket, clientErrors.get(error.code) ?? 400),
    )
  }

  async close(server: Server): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    server.closeAllConnections()
    for (const socket of this.#sockets) socket.destroy()
    await promise
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    this.#admit(request, response, (visit, program) =>
      exchange({ visit, request, response, program, headers: this.#headers }),
    )
  }

  #receiveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(request.socket)
    response.once('finish', () => request.socket.destroySoon())
    socket.on('error', () => response.destroy())
    request.socket.setTimeout(IDLE_MS, () => socket.destroy())
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      response.destroy()
    })
    this.#admit(request, response, (visit, program) =>
      upgrade({ visit, request, response, program, headers: this.#headers }, socket, head),
    )
  }

  #admit(request: IncomingMessage, response: ServerResponse, go: (visit: Visit, program: Duplex) => void): void {
    const fail = (trouble: PreviewTrouble, port?: number): void =>
      answerInstead(trouble, request, response, this.#headers, port)
    const visit = this.#visit(request)
    if (visit === undefined) return void fail('unknown')
    const gone = new AbortController()
    const leave = (): void => gone.abort(new Error('The browser has gone'))
    response.once('close', leave)
    this.#connect(visit, gone.signal).then(
      program => {
        if (typeof program === 'string') fail(program, visit.port)
        else if (response.destroyed) program.destroy()
        else go(visit, program)
      },
      error => {
        if (!gone.signal.aborted) this.#options.log.error('a preview failed', { error: messageOf(error) })
        fail('broken', visit.port)
      },
    )
  }

  /** The one `Host` there must be decides; a request that names an address besides is none of ours. */
  #visit({ headersDistinct, url }: IncomingMessage): Visit | undefined {
    const [host, ...more] = headersDistinct['host'] ?? []
    if (host === undefined || more.length > 0 || !url?.startsWith('/')) return undefined
    return this.#origins.visit(host)
  }

  async #connect(visit: Visit, gone: AbortSignal): Promise<StreamSocket | PreviewTrouble> {
    const limit = AbortSignal.timeout(OPEN_MS)
    const signal = AbortSignal.any([gone, limit])
    const give = await this.#slots.take(visit.label, signal)
    if (give === undefined) return 'busy'
    try {
      const opening = await this.#options.open(visit.session, visit.port, signal)
      if (opening.state !== 'open') {
        give()
        return opening.state
      }
      const socket = new StreamSocket(opening.stream)
      // Whoever reads or writes hears of it; after that it is of no interest.
      socket.on('error', () => undefined)
      socket.once('close', give)
      return socket
    } catch (error) {
      give()
      if (limit.aborted) return 'slow'
      throw error
    }
  }
}

/** What a browser did wrong before there was a request, by the code of Node's error. */
const clientErrors: ReadonlyMap<string | undefined, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
])
