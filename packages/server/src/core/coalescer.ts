import type { DeltaFrame } from '@openhands/protocol'
import type { Clock } from './ports.ts'

/** Live text goes out at most sixty times a second. */
const INTERVAL_MS = 16
/** Of a burst that is longer, only the newest part goes out live; the log has it whole, or as whole as it keeps it. */
const MAX_CHARACTERS = 32_000

type Delta = DeltaFrame['delta']

/** Joins live text that comes in small pieces into few frames; what is kept in the log never passes through here. */
export class Coalescer {
  readonly #clock: Clock
  readonly #send: (frame: DeltaFrame) => void
  readonly #signal: AbortSignal
  #pending: Delta[] = []
  #scheduled = false

  constructor(clock: Clock, send: (frame: DeltaFrame) => void, signal: AbortSignal) {
    this.#clock = clock
    this.#send = send
    this.#signal = signal
  }

  add(delta: Delta): void {
    const last = this.#pending.at(-1)
    if (last && last.of === delta.of && last.cause === delta.cause && !delta.restart) {
      const text = last.text + delta.text
      this.#pending[this.#pending.length - 1] = { ...last, text: text.slice(-MAX_CHARACTERS).toWellFormed() }
    } else this.#pending.push(delta)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#clock.sleep(INTERVAL_MS, this.#signal).then(
      () => this.flush(),
      () => undefined, // the session ends: nobody listens any more
    )
  }

  /** Sends what is pending now; called before an event goes out, so that live text never comes after it. */
  flush(): void {
    this.#scheduled = false
    const pending = this.#pending
    this.#pending = []
    for (const delta of pending) this.#send({ delta })
  }
}
