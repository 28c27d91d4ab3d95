import { BoundedText } from './bounded-text.ts'

/** Lines that a program may still go back to with the cursor, and the columns that it may still write over. */
const editableLines = 64
const editableColumns = 4096
/** A control sequence longer than this, in UTF-16 units, is read as text. */
const sequenceLimit = 64 * 1024

const control = /[\x00-\x08\x0b-\x1f\x7f\x9b]/g
const sequence =
  /\x1b\[([0-?]*)[ -/]*([@-~])|\x9b([0-?]*)[ -/]*([@-~])|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-OQ-WYZ`-~\\]/y
const beginning = /(?:\x1b\[|\x9b)[0-?]*[ -/]*$|\x1b[\]PX^_][^\x07\x1b]*\x1b?$|\x1b[ -/]*$/y

/**
 * Turns what a program writes to a terminal into the text that a person would have seen in the end: carriage returns,
 * backspaces and cursor movements are carried out, colours and titles removed, the pictures of full-screen programs
 * left out. The result is bounded, see `BoundedText`; the work is linear in the input.
 */
export class TerminalText {
  readonly #limit: number
  #finished: BoundedText
  /** The last lines, never none; the cursor is in one of them. */
  #lines: string[] = ['']
  #row = 0
  #column = 0
  /** The beginning of something that ends in the next piece. */
  #carry = ''
  #isFullScreen = false

  /** `limit` counts UTF-16 units. */
  constructor(limit: number) {
    this.#limit = limit
    this.#finished = new BoundedText(limit)
  }

  write(text: string): void {
    let rest = this.#carry + text
    this.#carry = rest.endsWith('\r') ? '\r' : ''
    rest = rest.slice(0, rest.length - this.#carry.length).replaceAll('\r\n', '\n')
    let at = 0
    while (at < rest.length) {
      control.lastIndex = at
      const end = control.exec(rest)?.index ?? rest.length
      if (end > at) this.#print(rest.slice(at, end))
      if (end === rest.length) return
      at = this.#obey(rest, end)
    }
  }

  /** Whether the next `take` leaves nothing out for its length. */
  get isWhole(): boolean {
    this.#flush()
    return this.#finished.isWhole
  }

  /** Everything since the last call, without waiting for the end of the line that is being written. */
  take(): string {
    this.#flush()
    const text = this.#finished.toString()
    this.#finished = new BoundedText(this.#limit)
    return text
  }

  get #line(): string {
    return this.#lines[this.#row] ?? ''
  }

  set #line(text: string) {
    this.#lines[this.#row] = text
  }

  #print(text: string): void {
    if (this.#isFullScreen) return
    const isAtEnd = this.#row === this.#lines.length - 1 && this.#column === this.#line.length
    if (isAtEnd) this.#append(text)
    else this.#overwriteLines(text)
  }

  #overwriteLines(text: string): void {
    const [first = '', ...others] = text.split('\n')
    this.#overwrite(first)
    for (const line of others) {
      this.#newLine()
      this.#overwrite(line)
    }
  }

  /** The common case: all but the last lines are taken in one piece. */
  #append(text: string): void {
    let cut = text.length
    for (let lines = 0; lines < editableLines && cut > 0; lines++) cut = text.lastIndexOf('\n', cut - 1)
    let rest = text
    if (cut > 0) {
      this.#flush()
      this.#finished.append(text.slice(0, cut + 1))
      rest = text.slice(cut + 1)
    }
    const [first = '', ...others] = rest.split('\n')
    this.#line += first
    this.#lines.push(...others)
    this.#row = this.#lines.length - 1
    this.#trim()
    this.#column = this.#line.length
  }

  #overwrite(text: string): void {
    const line = this.#line.padEnd(this.#column)
    this.#line = line.slice(0, this.#column) + text + line.slice(this.#column + text.length)
    this.#column += text.length
    this.#trim()
  }

  #newLine(): void {
    if (this.#row === this.#lines.length - 1) this.#lines.push('')
    this.#row++
    this.#column = 0
    this.#trim()
  }

  #trim(): void {
    const extra = this.#lines.length - editableLines
    if (this.#line.length > editableColumns) this.#wrap()
    else if (extra > 0) {
      this.#finished.append(this.#lines.splice(0, extra).join('\n') + '\n')
      this.#row = Math.max(0, this.#row - extra)
    }
  }

  /** A line that is too long goes on as if the screen were so wide, wherever the pieces it came in ended. */
  #wrap(): void {
    const line = this.#line
    if (this.#row < this.#lines.length - 1) {
      this.#flush()
      return
    }
    const cut = Math.floor((line.length - 1) / editableColumns) * editableColumns
    this.#lines[this.#row] = line.slice(0, cut)
    const column = this.#column - cut
    this.#flush()
    this.#lines = [line.slice(cut)]
    this.#column = Math.max(0, column)
  }

  #flush(): void {
    this.#finished.append(this.#lines.join('\n'))
    this.#lines = ['']
    this.#row = 0
    this.#column = 0
  }

  /** Carries out what stands at `start`; returns where to go on reading. */
  #obey(text: string, start: number): number {
    const code = text[start]
    if (code !== '\x1b' && code !== '\x9b') {
      if (code === '\r') this.#column = 0
      if (code === '\b') this.#column = Math.max(0, this.#column - 1)
      return start + 1
    }
    sequence.lastIndex = start
    const match = sequence.exec(text)
    if (match !== null) {
      const final = match[2] ?? match[4]
      if (final !== undefined) this.#command(final, match[1] ?? match[3] ?? '')
      return sequence.lastIndex
    }
    beginning.lastIndex = start
    if (text.length - start > sequenceLimit || !beginning.test(text)) return start + 1
    this.#carry = text.slice(start) + this.#carry
    return text.length
  }

  #command(final: string, parameters: string): void {
    if (/^\?(?:1049|1047|47)$/.test(parameters) && (final === 'h' || final === 'l')) {
      this.#isFullScreen = final === 'h'
    }
    if (this.#isFullScreen || parameters.startsWith('?')) return
    const count = Math.min(Number.parseInt(parameters, 10) || 0, editableColumns)
    this.#move(final, Math.max(1, count))
    if (final === 'K') this.#eraseLine(count)
    if (final === 'J') this.#eraseScreen(count)
  }

  #move(final: string, count: number): void {
    const last = this.#lines.length - 1
    if (final === 'A' || final === 'F') this.#row = Math.max(0, this.#row - count)
    if (final === 'B' || final === 'E') this.#row = Math.min(last, this.#row + count)
    if (final === 'E' || final === 'F') this.#column = 0
    if (final === 'C') this.#column = Math.min(editableColumns, this.#column + count)
    if (final === 'D') this.#column = Math.max(0, this.#column - count)
    if (final === 'G') this.#column = count - 1
    // Where a line of the screen is cannot be known here; what follows at least begins on a line of its own.
    if ((final === 'H' || final === 'f') && this.#column > 0) this.#newLine()
  }

  #eraseLine(part: number): void {
    if (part === 0) this.#line = this.#line.slice(0, this.#column)
    if (part === 1) this.#line = ' '.repeat(this.#column) + this.#line.slice(this.#column)
    if (part === 2) this.#line = ''
  }

  #eraseScreen(part: number): void {
    if (part !== 0) return
    this.#eraseLine(0)
    this.#lines.length = this.#row + 1
  }
}
