/** Joins deltas of text of which one may end in the middle of a character: that half waits for the next delta. */
export class SurrogateJoiner {
  #half = ''

  /** The text that is whole by now. */
  join(delta: string): string {
    const text = this.#half + delta
    const last = text.charCodeAt(text.length - 1)
    this.#half = last >= 0xd800 && last <= 0xdbff ? text.slice(-1) : ''
    return (this.#half === '' ? text : text.slice(0, -1)).toWellFormed()
  }

  /** What is left at the end: nothing, or the replacement character for a half that stayed alone. */
  rest(): string {
    const half = this.#half
    this.#half = ''
    return half.toWellFormed()
  }
}
