/** Bad tokens and codes that one address may present in a minute before it has to wait; others are not affected. */
const MAX_BAD_TRIES = 20
const WINDOW_MS = 60_000
/** Addresses whose bad tries are remembered at once; the oldest is forgotten for a new one. */
const MAX_ADDRESSES = 10_000

/** Who has guessed how often (S08). */
export class BadTries {
  readonly #tries = new Map<string, { count: number; since: number }>()
  readonly #now: () => number

  /** `now`: milliseconds of a clock that only goes forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Whether an address has to wait before anything that it presents is looked at. */
  isThrottled(address: string): boolean {
    const tries = this.#tries.get(address)
    return tries !== undefined && tries.count >= MAX_BAD_TRIES && this.#now() - tries.since < WINDOW_MS
  }

  /** The oldest stand first. */
  count(address: string): void {
    const now = this.#now()
    for (const [known, { since }] of this.#tries) {
      if (now - since < WINDOW_MS && this.#tries.size <= MAX_ADDRESSES) break
      this.#tries.delete(known)
    }
    const tries = this.#tries.get(address)
    this.#tries.set(address, { count: (tries?.count ?? 0) + 1, since: tries?.since ?? now })
  }
}
