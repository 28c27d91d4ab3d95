/** Elements of one tab that have an id at a time; then it begins anew, with other numbers. */
const limit = 100_000

/**
 * Short numbers for the elements of a tab, from the driver's names for them. An element keeps its number as long as it
 * is there, and a number never comes to mean another element, not even on another page.
 */
export class ElementIds {
  readonly #ids = new Map<string, string>()
  readonly #refs = new Map<string, string>()
  #last = 0

  idOf(ref: string): string {
    const known = this.#ids.get(ref)
    if (known !== undefined) return known
    if (this.#ids.size >= limit) {
      this.#ids.clear()
      this.#refs.clear()
    }
    const id = String(++this.#last)
    this.#ids.set(ref, id)
    this.#refs.set(id, ref)
    return id
  }

  /** The driver's name; undefined for an id that nothing has. */
  refOf(id: string): string | undefined {
    return this.#refs.get(id)
  }
}
