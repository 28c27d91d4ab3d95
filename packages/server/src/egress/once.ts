/** Work that is done when its result is first wanted; a failure is not remembered, as somebody may have mended its cause. */
export class Once<T> {
  readonly #work: () => Promise<T>
  #result: Promise<T> | undefined

  constructor(work: () => Promise<T>) {
    this.#work = work
  }

  /** The result; those who ask while the work is being done share it. */
  get(): Promise<T> {
    if (this.#result !== undefined) return this.#result
    const result = this.#work()
    this.#result = result
    result.catch(() => {
      this.#result = undefined
    })
    return result
  }
}
