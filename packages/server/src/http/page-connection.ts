import { randomUUID } from 'node:crypto'
import type {
  ClientFrame,
  Conversation,
  DeltaFrame,
  ErrorFrame,
  EventId,
  StatusFrame,
  TokenFrame,
} from '@openhands/protocol'
import type { Clock, Connection, Kept } from '../core/ports.ts'
import { PacedQueue } from './paced-queue.ts'
import { eventFor0131, frameFor0131, stateFrame0131, statesFor0131 } from './page-0131.ts'
import type { SocketConnection } from './socket-connection.ts'

/** What a page needs to know of the log that it is told. */
export interface ToldLog {
  readonly state: Conversation
}

/** A page of 0.13.1 at the other end of a WebSocket: sent what it understands, no faster than it can take it. */
export class PageConnection implements Connection {
  readonly wantsDeltas = false
  readonly #socket: SocketConnection
  readonly #clock: Clock
  readonly #queue: PacedQueue
  #log: ToldLog | undefined
  /** Events before this one were in the log when the page came. */
  #seam: EventId = 0
  #next: EventId
  /** Begins the names of what this page says, by which it is known when the log tells of it. */
  readonly #name = randomUUID()
  #said = 0

  constructor(socket: SocketConnection, options: { clock: Clock; from: EventId; signal: AbortSignal }) {
    this.#socket = socket
    this.#clock = options.clock
    this.#next = options.from
    this.#queue = new PacedQueue({
      clock: options.clock,
      signal: options.signal,
      from: options.from,
      write: text => socket.sendText(text),
      ready: signal => socket.ready(signal),
    })
  }

  /** Says what is history: everything that the log holds when the session is found. To be called before any frame is dispatched. */
  begin(log: ToldLog, seam: EventId): void {
    this.#log = log
    this.#seam = seam
  }

  /** The frame that comes before all others (wire A1.2). */
  sendToken(frame: TokenFrame): void {
    this.#queue.first(JSON.stringify(frame))
  }

  sendEvent({ id, event }: Kept): void {
    const isOwn = event.client_id?.startsWith(this.#name) === true
    const frame = eventFor0131(event, id < this.#seam ? 'replay' : 'live', isOwn)
    this.#next = id + 1
    this.#queue.sent(id, frame && JSON.stringify(frame))
  }

  /** Statuses wait for the events that came before them; errors for nothing but their turn. */
  sendFrame(frame: ErrorFrame | StatusFrame | DeltaFrame): void {
    if ('delta' in frame) return
    const text = JSON.stringify(frameFor0131(frame))
    const before = 'error' in frame ? 0 : (this.#log?.state.next ?? 0)
    const replaces = 'status_update' in frame && frame.type === 'info'
    this.#queue.add({ text, before, ...(replaces ? { key: `status ${frame.id}` } : {}) })
  }

  /** As `SocketConnection.answer`: a client that sends more than it can be answered waits. */
  async answer(frame: ErrorFrame, signal: AbortSignal): Promise<void> {
    await this.#queue.room(signal)
    this.sendFrame(frame)
  }

  /** Not its turn: frames that the log does not hold may be sent as long as there is no event. */
  async room(signal: AbortSignal): Promise<void> {
    await this.#socket.ready(signal)
  }

  async ready(signal: AbortSignal): Promise<void> {
    await this.#queue.turn(this.#next, signal)
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  /** A frame of this page as it is to be dispatched: with a name, so that its words do not come back to it (wire A2). */
  named(frame: ClientFrame): ClientFrame {
    if (frame.kind !== 'act' || frame.draft.client_id !== undefined) return frame
    return { ...frame, draft: { ...frame.draft, client_id: `${this.#name}.${this.#said++}` } }
  }

  /** Called when one of its frames has been obeyed: every `initialize` leads to `init` (wire D1.6). */
  obeyed(frame: ClientFrame, before: Conversation): void {
    const now = this.#log?.state
    if (frame.kind !== 'initialize' || !now) return
    for (const [index, state] of statesFor0131(before, now).entries()) {
      const text = JSON.stringify(stateFrame0131(state, now.next - 1, this.#clock.now()))
      this.#queue.add({ text, before: now.next, key: `state ${index}` })
    }
  }
}
