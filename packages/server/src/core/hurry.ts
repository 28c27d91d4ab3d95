/** Lets somebody end waits that others are in. */
export class Hurry {
  readonly #listeners = new Set<() => void>()

  /** Calls `listener` whenever there is no time to wait; returns the undo. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Ends every wait there is; false when there was none. */
  now(): boolean {
    const listeners = [...this.#listeners]
    for (const listener of listeners) listener()
    return listeners.length > 0
  }
}
