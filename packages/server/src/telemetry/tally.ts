/** What a number is about: a few words of closed sets, never an id and nothing that anybody wrote (S36). */
export type Labels = Readonly<Record<string, string>>

/** Numbers by their labels, as light as a map: counting is on the way of every event. */
export class Tally {
  readonly #names: readonly string[]
  readonly #values = new Map<string, { readonly labels: Labels; value: number }>()

  constructor(...names: readonly string[]) {
    this.#names = names
  }

  /** Adds to the number of these labels, given in the order of their names. */
  add(amount: number, ...labels: readonly string[]): void {
    const key = labels.join('\0')
    const known = this.#values.get(key)
    if (known) known.value += amount
    else this.#values.set(key, { labels: this.#labelled(labels), value: amount })
  }

  /** Every number so far. */
  entries(): Iterable<{ readonly labels: Labels; readonly value: number }> {
    return this.#values.values()
  }

  get names(): readonly string[] {
    return this.#names
  }

  #labelled(labels: readonly string[]): Labels {
    return Object.fromEntries(this.#names.map((name, index) => [name, labels[index] ?? '']))
  }
}
