import { ProtocolError } from './params.ts'
import { inputWindow } from './protocol.ts'

/** More is asked for when so many bytes have been read: a frame for each key that is typed would be one too many. */
const grantSize = inputWindow / 4

/** What the server sends after a request, piece by piece, never more than `inputWindow` ahead of the reader. */
export class CallInput implements AsyncIterable<Buffer> {
  readonly #grant: (credit: number) => void
  #pieces: Buffer[] = []
  #size = 0
  /** Bytes that were read and not yet asked for again. */
  #read = 0
  #hasEnded = false
  #changed = Promise.withResolvers<void>()

  constructor(grant: (credit: number) => void) {
    this.#grant = grant
  }

  /** Throws `ProtocolError` when more comes than was asked for; what comes after the end is let go. */
  push(bytes: Buffer): void {
    if (this.#hasEnded || bytes.length === 0) return
    if (this.#size + this.#read + bytes.length > inputWindow)
      throw new ProtocolError('More input than the window allows')
    this.#pieces.push(bytes)
    this.#size += bytes.length
    this.#wake()
  }

  /** Nothing more will come; a reader gets what is there and then the end. */
  end(): void {
    this.#hasEnded = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    for (;;) {
      const piece = this.#pieces.shift()
      if (piece !== undefined) {
        yield piece
        this.#take(piece.length)
      } else if (this.#hasEnded) return
      else await this.#changed.promise
    }
  }

  /** The reader has done with a piece. */
  #take(size: number): void {
    this.#size -= size
    this.#read += size
    if (this.#read < grantSize || this.#hasEnded) return
    this.#grant(this.#read)
    this.#read = 0
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
