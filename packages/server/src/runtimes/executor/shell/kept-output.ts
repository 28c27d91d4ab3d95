import { ByteRing } from './byte-ring.ts'
import { TerminalText } from './terminal-text.ts'

const headLimit = 16 * 1024
const tailLimit = 48 * 1024

/** The beginning and the end of what was printed on a terminal, in bytes; rendered when somebody asks for it. */
export class KeptOutput {
  #head = Buffer.alloc(0)
  readonly #tail = new ByteRing(tailLimit)

  get total(): number {
    return this.#head.length + this.#tail.total
  }

  append(bytes: Buffer): void {
    const room = headLimit - this.#head.length
    if (room > 0) this.#head = Buffer.concat([this.#head, bytes.subarray(0, room)])
    if (bytes.length > room) this.#tail.append(bytes.subarray(room))
  }

  /** What a person would have seen of it, with a line that says how many bytes are missing in the middle. */
  render(): string {
    const text = new TerminalText(headLimit + tailLimit)
    const missing = Math.max(0, this.#tail.total - tailLimit)
    if (missing === 0) {
      text.write(Buffer.concat([this.#head, this.#tail.read()]).toString('utf8'))
      return text.take()
    }
    text.write(this.#head.toString('utf8'))
    const head = text.take()
    text.write(this.#tail.read().toString('utf8'))
    return `${head}${head.endsWith('\n') ? '' : '\n'}[${missing} bytes were left out here]\n${text.take()}`
  }
}
