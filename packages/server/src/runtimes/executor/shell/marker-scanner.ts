const bell = 0x07
/** A marker longer than this is taken for text. */
const markerLimit = 16 * 1024

/** What comes out of a terminal: bytes of programs, and markers that the shell printed between them. */
export interface MarkerSink {
  onBytes(bytes: Buffer): void
  onMarker(fields: readonly string[]): void
}

/** Finds the markers `ESC ] 633 ; nonce ; field ; field … BEL` in a byte stream, in time linear in its length. */
export class MarkerScanner {
  readonly #prefix: Buffer
  readonly #sink: MarkerSink
  #carry: Buffer = Buffer.alloc(0)

  constructor(nonce: string, sink: MarkerSink) {
    this.#prefix = Buffer.from(`\x1b]633;${nonce};`)
    this.#sink = sink
  }

  push(chunk: Buffer): void {
    const bytes = this.#carry.length > 0 ? Buffer.concat([this.#carry, chunk]) : chunk
    this.#carry = bytes.subarray(this.#scan(bytes))
  }

  /** Returns from where on the bytes must wait for more. */
  #scan(bytes: Buffer): number {
    let at = 0
    for (;;) {
      const start = bytes.indexOf(this.#prefix, at)
      if (start < 0) {
        const keep = bytes.length - this.#openEnd(bytes, at)
        this.#emit(bytes, at, keep)
        return keep
      }
      this.#emit(bytes, at, start)
      const end = bytes.indexOf(bell, start)
      if (end < 0 && bytes.length - start <= markerLimit) return start
      if (end < 0) {
        this.#emit(bytes, start, start + this.#prefix.length)
        at = start + this.#prefix.length
      } else {
        this.#sink.onMarker(bytes.toString('utf8', start + this.#prefix.length, end).split(';'))
        at = end + 1
      }
    }
  }

  /** How many bytes at the end may be the beginning of a marker. */
  #openEnd(bytes: Buffer, from: number): number {
    const longest = Math.min(this.#prefix.length - 1, bytes.length - from)
    for (let length = longest; length > 0; length--) {
      if (bytes.subarray(bytes.length - length).equals(this.#prefix.subarray(0, length))) return length
    }
    return 0
  }

  #emit(bytes: Buffer, from: number, to: number): void {
    if (to > from) this.#sink.onBytes(bytes.subarray(from, to))
  }
}
