import { orAborted } from '../lib/signal.ts'

/** Bytes that may wait for a client before it is sent no more. */
export const HIGH_WATER_BYTES = 256_000
/** A client that takes nothing for so long is let go; it comes back with its cursor and misses nothing. */
export const STALLED_MS = 20_000

export interface OutflowOptions {
  /** Bytes, or characters, that wait for the client now. */
  readonly waiting: () => number
  /** Whether it takes nothing more, for good. */
  readonly isOver: () => boolean
  /** Lets the client go, which took nothing for so long. */
  readonly letGo: () => void
  /** `STALLED_MS` unless given. */
  readonly stalledMs: number | undefined
}

/** What goes out to one client, at its own pace: bounded, gathered, and given up when nothing is taken. */
export class Outflow {
  readonly #options: OutflowOptions
  #drained: PromiseWithResolvers<void> | undefined
  #isGathering = false

  constructor(options: OutflowOptions) {
    this.#options = options
  }

  /** True while so much waits that nothing should be added. */
  get isFull(): boolean {
    return this.#options.waiting() > HIGH_WATER_BYTES
  }

  /** Resolves when there is room. What is over never has: its reader waits for the signal, and runs through no log. */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.isFull) await this.#drain(signal)
    if (this.#options.isOver()) await orAborted(new Promise<never>(() => undefined), signal)
  }

  /** Before each write: those of one turn of the event loop leave together; one to the kernel costs more than what is in it. */
  gather(stream: { cork(): void; uncork(): void }): void {
    if (this.#isGathering) return
    this.#isGathering = true
    stream.cork()
    setImmediate(() => {
      this.#isGathering = false
      stream.uncork()
    })
  }

  /** After each write: something was taken. */
  readonly taken = (): void => {
    const drained = this.#drained
    this.#drained = undefined
    drained?.resolve()
  }

  async #drain(signal: AbortSignal): Promise<void> {
    const timer = setTimeout(this.#options.letGo, this.#options.stalledMs ?? STALLED_MS)
    try {
      while (this.isFull) {
        this.#drained ??= Promise.withResolvers()
        await orAborted(this.#drained.promise, signal)
        timer.refresh()
      }
    } finally {
      clearTimeout(timer)
    }
  }
}
