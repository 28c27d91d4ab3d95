const newline = 0x0a

/** The newest bytes of a stream that may be endless; at most `limit` and a piece more are held. */
export class RecentBytes {
  readonly #limit: number
  #pieces: Uint8Array[] = []
  #size = 0
  #isCut = false

  constructor(limit: number) {
    this.#limit = limit
  }

  append(bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice(-this.#limit))
    this.#size += Math.min(bytes.length, this.#limit)
    let drop = 0
    for (const piece of this.#pieces) {
      if (this.#size - piece.length < this.#limit) break
      this.#size -= piece.length
      drop++
    }
    if (drop > 0 || bytes.length > this.#limit) this.#isCut = true
    this.#pieces.splice(0, drop)
  }

  clear(): void {
    this.#pieces = []
    this.#size = 0
    this.#isCut = false
  }

  /** What is kept, oldest first; where something is missing before it, it begins with a line. */
  read(): Uint8Array {
    const all = new Uint8Array(this.#size)
    let at = 0
    for (const piece of this.#pieces) {
      all.set(piece, at)
      at += piece.length
    }
    return this.#isCut ? all.subarray(all.indexOf(newline) + 1) : all
  }
}
