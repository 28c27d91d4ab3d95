import { dataLimit } from './protocol.ts'

/** How long, in milliseconds, pieces are collected before they are sent. */
const joinTime = 10
/** Bytes that wait for credit; older ones are dropped, for this is only a view of what goes on. */
const pendingLimit = 256 * 1024

/** Sends the output of one request while it runs, never more than the other side has asked for. */
export class LiveOutput {
  readonly #send: (bytes: Buffer) => void
  #credit: number
  #pending: Buffer[] = []
  #size = 0
  #timer: NodeJS.Timeout | undefined

  /** With a credit of 0 nothing is collected until there is some. */
  constructor(credit: number, send: (bytes: Buffer) => void) {
    this.#credit = credit
    this.#send = send
  }

  push(bytes: Buffer): void {
    if (this.#credit === 0 && this.#size === 0) return
    this.#pending.push(bytes)
    this.#size += bytes.length
    while (this.#size > pendingLimit) this.#size -= this.#pending.shift()?.length ?? this.#size
    if (this.#credit > 0) this.#timer ??= setTimeout(() => this.#flush(), joinTime)
  }

  grant(credit: number): void {
    this.#credit += credit
    if (this.#size > 0) this.#timer ??= setTimeout(() => this.#flush(), joinTime)
  }

  /** Sends what the credit allows at once; what is left is dropped. */
  end(): void {
    this.#flush()
    clearTimeout(this.#timer)
    this.#pending = []
    this.#size = 0
    this.#credit = 0
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
    this.#send(piece)
    if (this.#size > 0 && this.#credit > 0) this.#timer = setTimeout(() => this.#flush(), joinTime)
  }
}
