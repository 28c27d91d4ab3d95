import { Duplex } from 'node:stream'
import type { ByteStream } from '../core/ports.ts'

/** A byte stream in the shape that Node's HTTP wants for a connection; destroying it disposes the stream. */
export class StreamSocket extends Duplex {
  readonly #stream: ByteStream
  readonly #output: AsyncIterator<Uint8Array>

  constructor(stream: ByteStream) {
    super()
    this.#stream = stream
    this.#output = stream.output[Symbol.asyncIterator]()
  }

  /** What Node's HTTP calls on a connection that is not to be used again. */
  destroySoon(): void {
    if (this.writableFinished) this.destroy()
    else this.end(() => this.destroy())
  }

  override _read(): void {
    this.#output.next().then(
      ({ done, value }) => void this.push(done === true ? null : value),
      error => this.destroy(errorOf(error)),
    )
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    this.#stream.write(chunk).then(
      () => done(),
      error => done(errorOf(error)),
    )
  }

  override _final(done: () => void): void {
    this.#stream.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    Promise.resolve(this.#stream[Symbol.asyncDispose]()).then(
      () => done(error),
      reason => done(error ?? errorOf(reason)),
    )
  }
}

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
