/** Bytes that may wait for their reader before their source is asked to pause. */
const pauseAt = 256 * 1024

/** A terminal that can be asked to print no further for a while. */
export interface Pausable {
  pause(): void
  resume(): void
}

/** Hands over every byte of a terminal at the pace of whoever reads it; the terminal waits where that is slow. */
export class PacedOutput {
  readonly #source: Pausable
  readonly #deliver: (bytes: Buffer) => Promise<void>
  #pieces: Buffer[] = []
  #size = 0
  #isPaused = false
  #isClosed = false
  #changed = Promise.withResolvers<void>()

  constructor(source: Pausable, deliver: (bytes: Buffer) => Promise<void>) {
    this.#source = source
    this.#deliver = deliver
  }

  push(bytes: Buffer): void {
    if (this.#isClosed) return
    this.#pieces.push(Buffer.from(bytes))
    this.#size += bytes.length
    if (this.#size > pauseAt && !this.#isPaused) {
      this.#isPaused = true
      this.#source.pause()
    }
    this.#wake()
  }

  /** Nothing more comes; what waits is still handed over. */
  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  /** Delivers until it is closed and everything is handed over; rejects when delivering does. */
  async run(): Promise<void> {
    try {
      for (;;) {
        if (this.#size > 0) await this.#deliver(this.#take())
        else if (this.#isClosed) return
        else await this.#changed.promise
      }
    } finally {
      this.#isClosed = true
      this.#take()
    }
  }

  #take(): Buffer {
    const bytes = Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#size = 0
    if (this.#isPaused) this.#source.resume()
    this.#isPaused = false
    return bytes
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
