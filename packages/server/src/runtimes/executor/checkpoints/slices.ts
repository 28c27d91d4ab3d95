import { setImmediate } from 'node:timers/promises'

/** How long, in milliseconds, work on files may keep this process from answering others. */
const sliceTime = 4

/** Parts long work so that the rest of the executor stays awake. */
export class Slices {
  readonly #signal: AbortSignal
  #since = performance.now()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Whether it is time to call `pause`. */
  get isOver(): boolean {
    return performance.now() - this.#since >= sliceTime
  }

  /** Lets others go first; throws the signal's reason when it is aborted. */
  async pause(): Promise<void> {
    this.#signal.throwIfAborted()
    await setImmediate()
    this.#signal.throwIfAborted()
    this.#since = performance.now()
  }
}
