import type { DeltaFrame, ErrorFrame, StatusFrame } from '@openhands/protocol'
import type { Socket } from 'socket.io'
import type { Connection, Kept } from '../core/ports.ts'
import { orAborted } from '../lib/signal.ts'
import { Outflow } from './outflow.ts'
import type { Page021, Page021Frame } from './page-021.ts'

/** After an error nothing is sent for so long: these pages show the last frame's error of each time they are drawn (wire B1.3). */
export const ERROR_GAP_MS = 105
/** Frames that wait for the end of such a gap; of more, the oldest are given up. */
const MAX_WAITING = 64

export interface SocketIoConnectionOptions {
  readonly page: Page021
  /** `STALLED_MS` unless given. */
  readonly stalledMs?: number
  /** Called when the client is let go because it took nothing for so long. */
  readonly onStalled: () => void
}

/** A page of 0.20 or 0.21.1 at the other end of a socket.io connection, which has nothing but a WebSocket below it. */
export class SocketIoConnection implements Connection {
  readonly wantsDeltas = false
  readonly #socket: Socket
  readonly #options: SocketIoConnectionOptions
  /** Characters that wait in the library's list, and those that it has handed to the WebSocket and that are not sent. */
  #listed = 0
  #handed = 0
  readonly #outflow: Outflow
  /** Lasts as long as an error stands alone. */
  #gap: PromiseWithResolvers<void> | undefined
  #held: Page021Frame[] = []

  constructor(socket: Socket, options: SocketIoConnectionOptions) {
    this.#socket = socket
    this.#options = options
    const { conn } = socket
    this.#outflow = new Outflow({
      waiting: () => this.waiting,
      isOver: () => !socket.connected,
      letGo: () => this.#letGo(),
      stalledMs: options.stalledMs,
    })
    // The whole list is handed over at once, and the next one only after it was sent.
    conn.on('drain', () => {
      this.#handed += this.#listed
      this.#listed = 0
    })
    conn.transport.on('drain', () => {
      this.#handed = 0
      this.#outflow.taken()
    })
  }

  /** Tells the page where it stands, before any event. */
  begin(): void {
    for (const frame of this.#options.page.begin()) this.#emit(frame, 0)
  }

  sendEvent(kept: Kept): void {
    for (const frame of this.#options.page.show(kept.event)) this.#emit(frame, kept.json.length)
  }

  sendFrame(frame: ErrorFrame | StatusFrame | DeltaFrame): void {
    if ('delta' in frame) return // pages of these versions would complain about it
    const dispensable = 'status_update' in frame && frame.type === 'info'
    if (dispensable && this.#outflow.isFull) return
    if (this.#gap) this.#held = [...this.#held, { ...frame }].slice(-MAX_WAITING)
    else this.#emit({ ...frame }, frame.message.length)
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
    while (this.#gap) await orAborted(this.#gap.promise, signal)
    await this.#outflow.ready(signal)
  }

  /** Ends what is below, so that the client comes back with its cursor; told to go by the library it would stay away. */
  close(): void {
    this.#socket.conn.close()
  }

  /** Characters that wait for this client. */
  get waiting(): number {
    return this.#listed + this.#handed
  }

  #emit(frame: Page021Frame, length: number): void {
    this.#listed += length
    this.#socket.emit('oh_event', frame)
    if ('error' in frame || frame['type'] === 'error') this.#rest()
  }

  #rest(): void {
    const gap = Promise.withResolvers<void>()
    this.#gap = gap
    setTimeout(() => {
      this.#gap = undefined
      for (let next = this.#held.shift(); next; next = this.#gap ? undefined : this.#held.shift()) this.#emit(next, 0)
      gap.resolve()
    }, ERROR_GAP_MS).unref()
  }

  /** What it has not read yet would only grow; a close frame can hardly reach it, so the connection goes too. */
  #letGo(): void {
    this.#options.onStalled()
    this.#socket.conn.close(true)
    this.#socket.request.socket.destroy()
  }
}
