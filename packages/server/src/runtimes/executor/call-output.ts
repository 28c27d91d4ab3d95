import { dataLimit } from './protocol.ts'

/** How long, in milliseconds, pieces are collected before they are sent. */
const joinTime = 10
/** Bytes of a view that wait for credit; older ones are dropped, for this is only a view of what goes on. */
const pendingLimit = 256 * 1024
const noBytes = Buffer.alloc(0)

/** Sends bytes of output; after the `last` there are no more. */
type SendOutput = (bytes: Buffer, last: boolean) => void

/** Sends the output of one request while it runs, never more than the other side has asked for. */
export class CallOutput {
  readonly #send: SendOutput
  /** No more output can be sent. */
  #isOver = false
  #credit: number
  #pending: Buffer[] = []
  #size = 0
  #timer: NodeJS.Timeout | undefined
  #granted = Promise.withResolvers<void>()

  /** With a credit of 0 nothing is collected until there is some. */
  constructor(credit: number, send: SendOutput) {
    this.#credit = credit
    this.#send = send
  }

  /** Shows bytes; where the other side is slow the oldest are dropped. */
  push(bytes: Buffer): void {
    if (this.#isOver || (this.#credit === 0 && this.#size === 0)) return
    this.#pending.push(bytes)
    this.#size += bytes.length
    while (this.#size > pendingLimit) this.#size -= this.#pending.shift()?.length ?? this.#size
    if (this.#credit > 0) this.#timer ??= setTimeout(() => this.#flush(), joinTime)
  }

  /**
   * Hands over every byte, waiting for room where the other side is slow; rejects when the signal is aborted or the
   * output is over. One call at a time, and not together with `push`: they would get into each other's bytes.
   */
  async deliver(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    while (rest.length > 0) {
      signal.throwIfAborted()
      if (this.#isOver) throw new Error('There can be no more output')
      if (this.#credit === 0) {
        await this.#moreCredit(signal)
        continue
      }
      const piece = rest.subarray(0, Math.min(this.#credit, dataLimit))
      this.#credit -= piece.length
      this.#send(piece, false)
      rest = rest.subarray(piece.length)
    }
  }

  /** Tells that no more output will come, while the request goes on. */
  finish(): void {
    if (this.#isOver) return
    this.end()
    this.#send(noBytes, true)
  }

  grant(credit: number): void {
    if (this.#isOver) return
    this.#credit += credit
    this.#granted.resolve()
    this.#granted = Promise.withResolvers()
    if (this.#size > 0) this.#timer ??= setTimeout(() => this.#flush(), joinTime)
  }

  /** Sends what the credit allows at once; what is left is dropped. */
  end(): void {
    this.#flush()
    clearTimeout(this.#timer)
    this.#pending = []
    this.#size = 0
    this.#credit = 0
    this.#isOver = true
    this.#granted.resolve()
  }

  async #moreCredit(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<never>()
    const abort = (): void => aborted.reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      await Promise.race([this.#granted.promise, aborted.promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#size === 0 || this.#credit === 0) return
    const all = Buffer.concat(this.#pending)
    const piece = all.subarray(0, Math.min(this.#credit, dataLimit))
    this.#credit -= piece.length
    this.#size = all.length - piece.length
    this.#pending = this.#size > 0 ? [all.subarray(piece.length)] : []
    this.#send(piece, false)
    if (this.#size > 0 && this.#credit > 0) this.#timer = setTimeout(() => this.#flush(), joinTime)
  }
}
