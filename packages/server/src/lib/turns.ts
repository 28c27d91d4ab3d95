/**
 * Who reads much takes turns: so many go on in one turn of the event loop, in the order in which they came. What is
 * read then leaves, or is seen to stay, before the next of it is read, and whoever waits for little waits no longer.
 */
export class Turns {
  readonly #atOnce: number
  readonly #waiting: (() => void)[] = []

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  /** Resolves when it is this caller's turn, at the earliest in the next turn of the event loop. */
  next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (this.#waiting.push(resolve) === 1) setImmediate(() => this.#serve())
    return promise
  }

  #serve(): void {
    for (const begin of this.#waiting.splice(0, this.#atOnce)) begin()
    if (this.#waiting.length > 0) setImmediate(() => this.#serve())
  }
}
