import type { Kept } from '../core/ports.ts'

/**
 * Events as bytes of one manner of sending them. Those who get the same event one after the other share its bytes, so
 * that each of them costs no copy (P38).
 */
export class EventBytes {
  readonly #textOf: (kept: Kept) => string
  #newest: { readonly kept: Kept; readonly bytes: Buffer } | undefined

  constructor(textOf: (kept: Kept) => string) {
    this.#textOf = textOf
  }

  /** The bytes to send; not to be written to. */
  of(kept: Kept): Buffer {
    if (this.#newest?.kept !== kept) this.#newest = { kept, bytes: Buffer.from(this.#textOf(kept)) }
    return this.#newest.bytes
  }
}
