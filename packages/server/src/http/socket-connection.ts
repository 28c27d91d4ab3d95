import type { Duplex } from 'node:stream'
import type { DeltaFrame, ErrorFrame, StatusFrame } from '@openhands/protocol'
import type { WebSocket } from 'ws'
import type { Connection, Kept } from '../core/ports.ts'
import { EventBytes } from './event-bytes.ts'
import { Outflow } from './outflow.ts'

/** Close code for a client that has to come back with its cursor: private use (RFC 6455 §7.4.2). */
export const RESYNC = 4008

const frames = new EventBytes(({ json }) => json)

export interface SocketConnectionOptions {
  /** The stream below the socket. */
  readonly stream: Duplex
  readonly wantsDeltas: boolean
  /** `STALLED_MS` unless given. */
  readonly stalledMs?: number
  /** Called when the client is let go because it took nothing for so long. */
  readonly onStalled?: () => void
}

/** A client at the other end of a WebSocket. */
export class SocketConnection implements Connection {
  readonly wantsDeltas: boolean
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly #outflow: Outflow
  readonly #onStalled: () => void

  constructor(socket: WebSocket, options: SocketConnectionOptions) {
    this.#socket = socket
    this.#stream = options.stream
    this.#outflow = new Outflow({
      waiting: () => socket.bufferedAmount,
      isOver: () => socket.readyState !== socket.OPEN,
      letGo: () => this.#letGo(),
      stalledMs: options.stalledMs,
    })
    this.#onStalled = options.onStalled ?? (() => undefined)
    this.wantsDeltas = options.wantsDeltas
  }

  sendEvent(kept: Kept): void {
    this.#send(frames.of(kept))
  }

  sendFrame(frame: ErrorFrame | StatusFrame | DeltaFrame): void {
    const dispensable = 'delta' in frame
    if (dispensable && this.#outflow.isFull) return
    this.sendText(JSON.stringify(frame))
  }

  /** Sends a frame that the client itself has caused, once it has taken what came before. Rejects as `ready` does. */
  async answer(frame: ErrorFrame, signal: AbortSignal): Promise<void> {
    await this.ready(signal)
    this.sendFrame(frame)
  }

  room(signal: AbortSignal): Promise<void> {
    return this.ready(signal)
  }

  ready(signal: AbortSignal): Promise<void> {
    return this.#outflow.ready(signal)
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  /** Sends a frame as it is; nothing when the socket is not open. */
  sendText(text: string): void {
    this.#send(text)
  }

  #send(text: string | Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#outflow.gather(this.#stream)
    this.#socket.send(text, { binary: false }, this.#outflow.taken)
  }

  /** What it has not read yet would only grow; the close frame can hardly reach it, so the socket goes too. */
  #letGo(): void {
    this.#onStalled()
    this.#socket.close(RESYNC, 'resync: reconnect with latest_event_id')
    this.#socket.terminate()
  }
}
