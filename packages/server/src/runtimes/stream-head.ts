/** Bytes that the first line of a stream may have. */
const lineLimit = 64 * 1024
const noBytes = Buffer.alloc(0)

/** Takes the first line off a stream. */
export class StreamHead {
  readonly #line = Promise.withResolvers<string>()
  #pieces: Buffer[] | undefined = []
  #size = 0

  /** Resolves to the line when it is there. */
  get line(): Promise<string> {
    return this.#line.promise
  }

  /** It will never be there, for it has more bytes than it may. */
  get isTooLong(): boolean {
    return this.#size > lineLimit
  }

  /** Takes bytes of the stream; gives back those that come after the line. */
  take(bytes: Buffer): Buffer {
    if (this.#pieces === undefined) return bytes
    const end = bytes.indexOf(0x0a)
    const piece = end < 0 ? bytes : bytes.subarray(0, end)
    this.#size += piece.length
    if (this.isTooLong) return noBytes
    this.#pieces.push(piece)
    if (end < 0) return noBytes
    this.#line.resolve(Buffer.concat(this.#pieces).toString('utf8'))
    this.#pieces = undefined
    return bytes.subarray(end + 1)
  }
}
