import { Transform, type TransformCallback } from 'node:stream'

/** Bytes that say of a piece which stream it belongs to, and how long it is. */
const headLength = 8
/** The numbers of the two streams that a container writes. */
const output = 1
const log = 2

/**
 * Takes apart what an engine sends of a container without a terminal: pieces of its output, which come out here, and of
 * its log, which `onLog` gets.
 */
export class OutputSplitter extends Transform {
  readonly #onLog: (bytes: Buffer) => void
  #head = Buffer.alloc(0)
  #stream = 0
  /** Bytes of the current piece that are still to come. */
  #missing = 0

  constructor(onLog: (bytes: Buffer) => void) {
    super()
    this.#onLog = onLog
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = chunk
    while (rest.length > 0) {
      rest = this.#missing > 0 ? this.#takePiece(rest) : this.#takeHead(rest)
      if (this.#missing > 0 && this.#stream !== output && this.#stream !== log) {
        done(new Error('The engine sent something else than the output of a container'))
        return
      }
    }
    done()
  }

  #takeHead(chunk: Buffer): Buffer {
    const wanted = headLength - this.#head.length
    const head = Buffer.concat([this.#head, chunk.subarray(0, wanted)])
    const isWhole = head.length === headLength
    this.#head = isWhole ? Buffer.alloc(0) : head
    if (isWhole) {
      this.#stream = head.readUInt8(0)
      this.#missing = head.readUInt32BE(4)
    }
    return chunk.subarray(wanted)
  }

  #takePiece(chunk: Buffer): Buffer {
    const piece = chunk.subarray(0, this.#missing)
    this.#missing -= piece.length
    if (this.#stream === output) this.push(piece)
    else this.#onLog(piece)
    return chunk.subarray(piece.length)
  }
}
