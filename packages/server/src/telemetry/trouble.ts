/** A failure counts for so long, in milliseconds, unless something has worked since: nobody may come to try again. */
const COUNTS_MS = 60_000
const LONGEST = 500

/** What was last wrong with a part of the server, until it works again or long enough has passed. */
export class Trouble {
  readonly #now: () => number
  #last: { readonly reason: string; readonly at: number } | undefined

  /** `now` gives milliseconds of a clock that only goes forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  note(reason: string): void {
    this.#last = { reason: reason.slice(0, LONGEST).toWellFormed(), at: this.#now() }
  }

  clear(): void {
    this.#last = undefined
  }

  /** The reason; undefined when there is none that counts. */
  get reason(): string | undefined {
    return this.#last && this.#now() - this.#last.at < COUNTS_MS ? this.#last.reason : undefined
  }
}
