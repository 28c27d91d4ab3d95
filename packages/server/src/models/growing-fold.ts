interface Known<E, S> {
  readonly elements: E[]
  readonly state: S
}

/**
 * Folds lists of which each is an earlier one with more at its end, so that only what is new costs work. A list that
 * does not go on from what is known is folded anew. What is known lives as long as the list's first element.
 */
export class GrowingFold<E extends object, S> {
  readonly #begin: () => S
  readonly #add: (state: S, element: E) => void
  readonly #known = new WeakMap<E, Known<E, S>>()

  /** `add` changes the state that it is given. */
  constructor(begin: () => S, add: (state: S, element: E) => void) {
    this.#begin = begin
    this.#add = add
  }

  /** What the list amounts to; it is good until the next call. */
  of(list: readonly E[]): S {
    const [first] = list
    const before = first && this.#known.get(first)
    const known = before && beginsWith(list, before.elements) ? before : { elements: [], state: this.#begin() }
    for (let at = known.elements.length; at < list.length; at++) {
      const element = list[at]
      if (!element) break
      this.#add(known.state, element)
      known.elements.push(element)
    }
    if (first) this.#known.set(first, known)
    return known.state
  }
}

/** True where the list's first elements are these very objects. */
export function beginsWith<E extends object>(list: readonly E[], start: readonly E[]): boolean {
  if (list.length < start.length) return false
  // From the end, where lists differ as a rule.
  for (let at = start.length - 1; at >= 0; at--) if (list[at] !== start[at]) return false
  return true
}
