import type { Clock } from '../core/ports.ts'
import { orAborted } from '../lib/signal.ts'

/** Pages of 0.13.1 lose frames that come closer together than 100 ms (wire A1.6, D1.1); the rest is for timers that are early. */
export const GAP_MS = 105
/** Frames that are not in the log and wait for their turn; of more, the oldest are given up. */
const MAX_WAITING = 64
/** Answers to a client wait with the client, once so many frames wait. */
const FULL = 16

export interface PacedQueueOptions {
  readonly clock: Clock
  readonly write: (text: string) => void
  /** Resolves once the client may be sent more. */
  readonly ready: (signal: AbortSignal) => Promise<void>
  /** The end of the connection. */
  readonly signal: AbortSignal
  /** The id of the first event that will ask for its turn. */
  readonly from: number
  /** `GAP_MS` unless given. */
  readonly gapMs?: number
}

/** A frame that the log does not hold. */
export interface Waiting {
  readonly text: string
  /** Its turn comes after the events before this id and before the rest. */
  readonly before: number
  /** Only the newest of frames with the same key is worth sending. */
  readonly key?: string
}

/**
 * Sends one frame at a time with a gap after each. Events wait in the log and not here: their reader asks for its turn.
 * Only what the log does not hold is queued, and not much of it.
 */
export class PacedQueue {
  readonly #options: PacedQueueOptions
  #waiting: Waiting[] = []
  /** Events before this id are out, or will never be. */
  #position: number
  #gap: Promise<void> = Promise.resolve()
  #emitted = Promise.withResolvers<void>()
  /** Nothing but an event may be sent now; before the first frame, nothing but that. */
  #isHeld = true
  #isPumping = false

  constructor(options: PacedQueueOptions) {
    this.#options = options
    this.#position = options.from
  }

  /** Frames that wait. */
  get length(): number {
    return this.#waiting.length
  }

  /** Sends a frame when its turn has come. */
  add(frame: Waiting): void {
    const others = this.#waiting.filter(({ key }) => key === undefined || key !== frame.key)
    this.#waiting = [...others, frame].slice(-MAX_WAITING)
    this.#pump()
  }

  /** Resolves once there is room for another frame; rejects with the signal's reason. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#waiting.length >= FULL) await orAborted(this.#emitted.promise, signal)
  }

  /** Resolves when the event with this id may be sent; whatever belongs before it is out then. `sent` ends the turn. */
  async turn(id: number, signal: AbortSignal): Promise<void> {
    this.#isHeld = true
    this.#position = id
    do await this.#rest(signal)
    while (this.#emitDue())
  }

  /** Ends an event's turn; `text` is absent for one that is not sent. */
  sent(id: number, text: string | undefined): void {
    if (text !== undefined) this.#write(text)
    this.#position = id + 1
    this.#isHeld = false
    this.#pump()
  }

  /** Sends the frame that comes before all others; until then the others wait. */
  first(text: string): void {
    this.#write(text)
    this.#isHeld = false
    this.#pump()
  }

  /** Sends what waits while no event does. */
  #pump(): void {
    if (this.#isPumping || this.#isHeld || !this.#due()) return
    this.#isPumping = true
    this.#rest(this.#options.signal)
      .then(() => {
        this.#isPumping = false
        if (!this.#isHeld) this.#emitDue() // else the event's turn sends it
        this.#pump()
      })
      .catch(() => undefined) // the connection is over
  }

  async #rest(signal: AbortSignal): Promise<void> {
    await orAborted(this.#gap, signal)
    await this.#options.ready(signal)
  }

  #due(): Waiting | undefined {
    return this.#waiting.find(({ before }) => before <= this.#position)
  }

  #emitDue(): boolean {
    const due = this.#due()
    if (!due) return false
    this.#waiting = this.#waiting.filter(each => each !== due)
    this.#write(due.text)
    this.#emitted.resolve()
    this.#emitted = Promise.withResolvers()
    return true
  }

  #write(text: string): void {
    const { clock, gapMs, signal, write } = this.#options
    write(text)
    this.#gap = clock.sleep(gapMs ?? GAP_MS, signal)
    this.#gap.catch(() => undefined) // who waits for it is told
  }
}
