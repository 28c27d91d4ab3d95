import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { readKnock } from './handshake.ts'
import { refuse } from './security-headers.ts'

/** How long a client has to answer a close frame before its socket goes. */
const GOODBYE_MS = 500
const PING_EVERY_MS = 15_000

export interface OpenSocketsOptions {
  /** Bytes of one frame, beyond which the connection ends (1009). */
  readonly maxPayload: number
  /** How often clients are asked whether they are still there; who has not answered by the next time is let go. */
  readonly pingEveryMs?: number
}

/** The WebSockets of one door: how they are opened, kept alive and ended. */
export class OpenSockets {
  readonly #sockets: WebSocketServer
  readonly #heartbeat: NodeJS.Timeout
  /** Those that have not been heard of since they were last asked. */
  readonly #silent = new WeakSet<WebSocket>()

  constructor({ maxPayload, pingEveryMs }: OpenSocketsOptions) {
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload,
      perMessageDeflate: false,
      clientTracking: true,
      handleProtocols: (_, request) => readKnock(request).protocol ?? false,
    })
    this.#sockets.on('wsClientError', (_, socket) => refuse(socket, 400))
    this.#heartbeat = setInterval(() => this.#ping(), pingEveryMs ?? PING_EVERY_MS)
    this.#heartbeat.unref()
  }

  /** Shakes hands with a client that was let in; `headers` are lines of the 101 besides those that it must have. */
  accept(
    { request, socket, head }: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
    headers: readonly string[],
    onOpen: (socket: WebSocket) => void,
  ): void {
    const add = (lines: string[], upgraded: IncomingMessage): void => {
      if (upgraded === request) lines.push(...headers)
    }
    this.#sockets.on('headers', add)
    this.#sockets.handleUpgrade(request, socket, head, opened => {
      opened.on('pong', () => this.#silent.delete(opened))
      opened.on('message', () => this.#silent.delete(opened))
      onOpen(opened)
    })
    this.#sockets.off('headers', add)
  }

  /** How many bytes wait for each client. */
  waiting(): ReadonlyMap<WebSocket, number> {
    return new Map([...this.#sockets.clients].map(socket => [socket, socket.bufferedAmount]))
  }

  /** Ends every connection; the clients may come back. */
  dropAll(code: number, reason: string): void {
    for (const socket of this.#sockets.clients) {
      socket.close(code, reason)
      setTimeout(() => socket.terminate(), GOODBYE_MS).unref()
    }
  }

  /** Lets everybody go, for good. */
  close(): void {
    clearInterval(this.#heartbeat)
    this.dropAll(1001, 'the server is shutting down')
  }

  #ping(): void {
    for (const socket of this.#sockets.clients) {
      if (this.#silent.has(socket)) socket.terminate()
      else {
        this.#silent.add(socket)
        socket.ping()
      }
    }
  }
}
