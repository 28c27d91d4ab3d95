/** Lets one piece of work go on at a time, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Does the work when it is its turn; one whose signal is aborted before is not begun, and the signal's reason is thrown. */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const waiting = Promise.withResolvers<never>()
    const abort = (): void => waiting.reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    const turn = this.#last.then(() => {
      signal.throwIfAborted()
      signal.removeEventListener('abort', abort)
      return work()
    })
    this.#last = turn.catch(() => undefined)
    try {
      return await Promise.race([turn, waiting.promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}
