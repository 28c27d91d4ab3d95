/** Bytes in which the echo is looked for; what comes then is taken as it is. */
const limit = 64 * 1024

/** What a terminal shows between the typing of a command line and the command's start: the line's echo, and what jobs print meanwhile. */
export class EchoWindow {
  readonly #echo: Buffer
  #pieces: Buffer[] = []
  #size = 0

  constructor(line: string) {
    this.#echo = Buffer.from(line.replaceAll('\n', '\r\n'))
  }

  /** Returns what is certainly no echo. */
  push(bytes: Buffer): Buffer | undefined {
    if (this.#size >= limit) return bytes
    this.#pieces.push(Buffer.from(bytes))
    this.#size += bytes.length
    return undefined
  }

  /** Everything but the echo. */
  close(): Buffer {
    const all = Buffer.concat(this.#pieces)
    this.#pieces = []
    const at = all.indexOf(this.#echo)
    return at < 0 ? all : Buffer.concat([all.subarray(0, at), all.subarray(at + this.#echo.length)])
  }
}
