/** The newest bytes of a stream that may be endless. */
export class ByteRing {
  readonly #limit: number
  #bytes: Buffer = Buffer.alloc(0)
  #total = 0

  /** Keeps at most `limit` bytes; memory is taken as it is needed. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many bytes were appended, kept or not. */
  get total(): number {
    return this.#total
  }

  append(bytes: Buffer): void {
    const rest = bytes.length > this.#limit ? bytes.subarray(bytes.length - this.#limit) : bytes
    this.#total += bytes.length - rest.length
    this.#grow(Math.min(this.#limit, this.#total + rest.length))
    let at = this.#total % this.#limit
    for (let done = 0; done < rest.length; at = 0) done += rest.copy(this.#bytes, at, done)
    this.#total += rest.length
  }

  /** What is kept, oldest first. */
  read(): Buffer {
    if (this.#total <= this.#limit) return Buffer.from(this.#bytes.subarray(0, this.#total))
    const at = this.#total % this.#limit
    return Buffer.concat([this.#bytes.subarray(at), this.#bytes.subarray(0, at)])
  }

  #grow(needed: number): void {
    if (this.#bytes.length >= needed) return
    const larger = Buffer.alloc(Math.min(this.#limit, Math.max(needed, this.#bytes.length * 2)))
    this.#bytes.copy(larger)
    this.#bytes = larger
  }
}
