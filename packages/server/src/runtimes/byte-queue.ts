/** Bytes from a producer that waits for its reader; read once, by one reader. */
export class ByteQueue implements AsyncIterable<Uint8Array> {
  readonly #onLeft: () => void
  #pieces: { readonly bytes: Uint8Array; readonly taken: () => void }[] = []
  #end: { readonly error?: unknown } | undefined
  #changed = Promise.withResolvers<void>()

  /** `onLeft` is called when the reader goes before the end. */
  constructor(onLeft: () => void = () => undefined) {
    this.#onLeft = onLeft
  }

  /** Resolves when the reader has done with the bytes, or when nobody will read them. */
  push(bytes: Uint8Array): Promise<void> {
    if (this.#end !== undefined) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#pieces.push({ bytes, taken: resolve })
    this.#wake()
    return promise
  }

  /** The reader gets what is there, and then the end, or the error; only the first end counts. */
  end(error?: unknown): void {
    this.#end ??= error === undefined ? {} : { error }
    this.#wake()
  }

  /** Nobody will read any more: what is there is dropped, and a reader that waits gets the end. */
  close(): void {
    this.end()
    for (const { taken } of this.#pieces.splice(0)) taken()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    let hasEnded = false
    try {
      for (;;) {
        const piece = this.#pieces.shift()
        if (piece !== undefined) {
          try {
            yield piece.bytes
          } finally {
            piece.taken()
          }
        } else if (this.#end === undefined) await this.#changed.promise
        else {
          hasEnded = true
          if ('error' in this.#end) throw this.#end.error
          return
        }
      }
    } finally {
      this.close()
      if (!hasEnded) this.#onLeft()
    }
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
