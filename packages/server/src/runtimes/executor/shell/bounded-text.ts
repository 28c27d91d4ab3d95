/** Keeps the beginning and the end of a text that may be endless, and counts what it drops between them. */
export class BoundedText {
  readonly #half: number
  #head = ''
  #headIsFull = false
  /** Pieces of the end, oldest first. */
  #tail: string[] = []
  #tailLength = 0
  #dropped = 0

  /** `limit` counts UTF-16 units of what is kept, half for either end. */
  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2))
  }

  /** Whether nothing has been dropped. */
  get isWhole(): boolean {
    return this.#dropped === 0 && this.#tailLength <= this.#half
  }

  append(text: string): void {
    let rest = text
    if (!this.#headIsFull) {
      const cut = before(rest, this.#half - this.#head.length)
      this.#head += rest.slice(0, cut)
      rest = rest.slice(cut)
      this.#headIsFull = rest !== ''
    }
    if (rest === '') return
    this.#tail.push(rest)
    this.#tailLength += rest.length
    this.#shrink()
  }

  /** The text, with one line in the middle that says how many bytes are missing there. */
  toString(): string {
    const tail = this.#tail.join('')
    const cut = before(tail, Math.max(0, tail.length - this.#half))
    const dropped = this.#dropped + Buffer.byteLength(tail.slice(0, cut))
    if (dropped === 0) return this.#head + tail
    const gap = this.#head.endsWith('\n') ? '' : '\n'
    return `${this.#head}${gap}[${dropped} bytes were left out here]\n${tail.slice(cut)}`
  }

  #shrink(): void {
    let count = 0
    for (const piece of this.#tail) {
      if (this.#tailLength - piece.length < this.#half) break
      this.#tailLength -= piece.length
      this.#dropped += Buffer.byteLength(piece)
      count++
    }
    if (count > 0) this.#tail.splice(0, count)
    // Many small pieces cost more than their text.
    if (this.#tail.length > 1024) this.#tail = [this.#tail.join('')]
  }
}

/** `index`, or one less where it would part a pair of surrogates. */
function before(text: string, index: number): number {
  const unit = text.charCodeAt(index)
  return index > 0 && index < text.length && unit >= 0xdc00 && unit <= 0xdfff ? index - 1 : index
}
