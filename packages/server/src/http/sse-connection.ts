import type { ServerResponse } from 'node:http'
import type { DeltaFrame, ErrorFrame, StatusFrame } from '@openhands/protocol'
import type { Connection, Kept } from '../core/ports.ts'
import { EventBytes } from './event-bytes.ts'
import { Outflow } from './outflow.ts'

/** A proxy may take a connection for dead that is silent for longer. */
const HEARTBEAT_MS = 15_000
const messages = new EventBytes(({ id, json }) => `id: ${id}\nevent: event\ndata: ${json}\n\n`)

export interface SseOptions {
  readonly wantsDeltas: boolean
  /** Milliseconds between comments that keep the connection open; 15 s unless given. */
  readonly heartbeatMs?: number
  /** As long may a client take nothing; as for sockets unless given. */
  readonly stalledMs?: number
  /** Called when the client is let go because it took nothing for so long. */
  readonly onStalled?: () => void
}

/**
 * A client that reads server-sent events (HTML Standard §9.2). Only events of the log have an `id:`, so that a client
 * comes back with the cursor of what it has seen. What waits for a reader that does not read is bounded.
 */
export class SseConnection implements Connection {
  readonly wantsDeltas: boolean
  readonly #response: ServerResponse
  readonly #outflow: Outflow
  readonly #onStalled: () => void
  readonly #heartbeat: NodeJS.Timeout

  /** Takes over a response whose head has been sent; `close` ends it. */
  constructor(response: ServerResponse, options: SseOptions) {
    this.#response = response
    this.wantsDeltas = options.wantsDeltas
    this.#outflow = new Outflow({
      waiting: () => response.writableLength,
      isOver: () => this.#isOver,
      letGo: () => this.#letGo(),
      stalledMs: options.stalledMs,
    })
    this.#onStalled = options.onStalled ?? (() => undefined)
    this.#heartbeat = setInterval(() => this.#sendSpare(':\n\n'), options.heartbeatMs ?? HEARTBEAT_MS)
    this.#heartbeat.unref()
    response.on('error', () => undefined) // it closes next, and that is what counts
    response.once('close', () => clearInterval(this.#heartbeat))
  }

  sendEvent(kept: Kept): void {
    this.#send(messages.of(kept))
  }

  sendFrame(frame: ErrorFrame | StatusFrame | DeltaFrame): void {
    const name = 'delta' in frame ? 'delta' : 'status_update' in frame ? 'status' : 'refusal'
    this.#sendSpare(`event: ${name}\ndata: ${JSON.stringify(frame)}\n\n`)
  }

  room(signal: AbortSignal): Promise<void> {
    return this.ready(signal)
  }

  ready(signal: AbortSignal): Promise<void> {
    return this.#outflow.ready(signal)
  }

  /** Ends the response; the client comes back by itself, with its cursor. */
  close(): void {
    clearInterval(this.#heartbeat)
    this.#response.end()
  }

  get #isOver(): boolean {
    return this.#response.destroyed || this.#response.writableEnded
  }

  /** What the log does not hold is not worth a place among what waits. */
  #sendSpare(text: string): void {
    if (!this.#outflow.isFull) this.#send(text)
  }

  #send(text: string | Buffer): void {
    if (this.#isOver) return
    this.#outflow.gather(this.#response)
    this.#response.write(text, this.#outflow.taken)
  }

  #letGo(): void {
    this.#onStalled()
    this.#response.destroy()
  }
}
