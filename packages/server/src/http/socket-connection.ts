import type { Duplex } from 'node:stream'
import type { DeltaFrame, ErrorFrame, StatusFrame } from '@openhands/protocol'
import type { WebSocket } from 'ws'
import type { Connection, Kept } from '../core/ports.ts'
import { orAborted } from '../lib/signal.ts'
import { EventBytes } from './event-bytes.ts'

/** Bytes that may wait for a client before it is sent no more. */
export const HIGH_WATER_BYTES = 256_000
/** A client that takes nothing for so long is let go; it comes back with its cursor and misses nothing. */
export const STALLED_MS = 20_000
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
  readonly #stalledMs: number
  readonly #onStalled: () => void
  #drained: PromiseWithResolvers<void> | undefined
  #isGathering = false

  constructor(socket: WebSocket, options: SocketConnectionOptions) {
    this.#socket = socket
    this.#stream = options.stream
    this.#stalledMs = options.stalledMs ?? STALLED_MS
    this.#onStalled = options.onStalled ?? (() => undefined)
    this.wantsDeltas = options.wantsDeltas
  }

  sendEvent(kept: Kept): void {
    this.#send(frames.of(kept))
  }

  sendFrame(frame: ErrorFrame | StatusFrame | DeltaFrame): void {
    const dispensable = 'delta' in frame
    if (dispensable && this.#socket.bufferedAmount > HIGH_WATER_BYTES) return
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

  async ready(signal: AbortSignal): Promise<void> {
    if (this.#socket.bufferedAmount > HIGH_WATER_BYTES) await this.#drain(signal)
    // What is closing takes nothing more: its reader waits for the end, and does not run through the rest of the log.
    if (this.#socket.readyState !== this.#socket.OPEN) await orAborted(new Promise<never>(() => undefined), signal)
  }

  async #drain(signal: AbortSignal): Promise<void> {
    const timer = setTimeout(() => this.#letGo(), this.#stalledMs)
    try {
      while (this.#socket.bufferedAmount > HIGH_WATER_BYTES) {
        this.#drained ??= Promise.withResolvers()
        await orAborted(this.#drained.promise, signal)
        timer.refresh()
      }
    } finally {
      clearTimeout(timer)
    }
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
    this.#gather()
    this.#socket.send(text, { binary: false }, () => {
      const drained = this.#drained
      this.#drained = undefined
      drained?.resolve()
    })
  }

  /** Frames of one turn of the event loop leave together: a write to the kernel costs more than what is in it. */
  #gather(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    this.#stream.cork()
    setImmediate(() => {
      this.#isGathering = false
      this.#stream.uncork()
    })
  }

  /** What it has not read yet would only grow; the close frame can hardly reach it, so the socket goes too. */
  #letGo(): void {
    this.#onStalled()
    this.#socket.close(RESYNC, 'resync: reconnect with latest_event_id')
    this.#socket.terminate()
  }
}
