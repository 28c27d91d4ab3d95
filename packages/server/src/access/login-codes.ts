import { createHash, randomBytes } from 'node:crypto'

/** How long a code counts. */
const LIFE_MS = 60_000
const CODE_BYTES = 16
/** Codes that count at once; the oldest is given up for a new one. */
const MAX_CODES = 8

/** Codes with which a page logs in: 128 random bits, good for a minute and for one use (S07). */
export class LoginCodes {
  readonly #now: () => number
  /** Until when, by the digest of the code: nothing that could be read here would open anything. */
  readonly #until = new Map<string, number>()

  /** `now`: milliseconds of a clock that only goes forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  issue(): string {
    const code = randomBytes(CODE_BYTES).toString('base64url')
    this.#until.set(digestOf(code), this.#now() + LIFE_MS)
    const [oldest] = this.#until.keys()
    if (this.#until.size > MAX_CODES && oldest !== undefined) this.#until.delete(oldest)
    return code
  }

  /** Whether the code counted; it does not any more. */
  redeem(code: string): boolean {
    const digest = digestOf(code)
    const until = this.#until.get(digest)
    this.#until.delete(digest)
    return until !== undefined && this.#now() <= until
  }

  /** From now on no code counts that was issued before. */
  clear(): void {
    this.#until.clear()
  }
}

function digestOf(code: string): string {
  return createHash('sha256').update(code).digest('base64')
}
