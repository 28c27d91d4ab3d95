import { Refusal } from '../refusal.ts'

/** Who may wait at a time. */
const waitLimit = 30

/** Lets one work at a time, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** Runs `work` when all before it have ended. Throws `Refusal` when too many wait. */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= waitLimit) throw new Refusal('Git is asked too much at a time; try again later.')
    this.#waiting++
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    try {
      await before
      signal.throwIfAborted()
      return await work()
    } finally {
      this.#waiting--
      resolve()
    }
  }
}
