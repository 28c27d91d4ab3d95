import '@xterm/xterm/css/xterm.css'
import { Terminal } from '@xterm/xterm'
import { live } from '../../text.ts'
import { isFocusReport, mute, pasteable } from './mute.ts'
import { themeAt } from './screen-theme.ts'

/** Columns and rows. */
export interface ScreenSize {
  readonly cols: number
  readonly rows: number
}

export interface ScreenOptions {
  /** What it stands in; the element around it is what there is room in, and scrolls where that is too little. */
  readonly host: HTMLElement
  readonly label: string
  readonly onType: (text: string) => void
  /** Somebody wants out of it by the keyboard. */
  readonly onLeave: () => void
}

const SCROLLBACK = 5_000
/** Pixels. */
const FONT = 13
const SMALLEST_FONT = 11
/** Pixels at the right for the bar that scrolls. */
const MARGIN = 16
/** Pixels above and below all rows. */
const PADDING = 8
/** Bytes that wait to be drawn; beyond that they come faster than they can be shown. */
const MOST_WAITING = 2 * 1024 * 1024

/** A drawn terminal: what is shown, and what is typed. It obeys letters and colours, and nothing else (S17). */
export class Screen {
  readonly #terminal: Terminal
  readonly #host: HTMLElement
  readonly #ending = new AbortController()
  /** Bytes that are not drawn yet. */
  #waiting = 0
  /** Bytes that were passed over since too many waited; 0 while all are shown. */
  #passedOver = 0
  /** Whether the line that is written in was in sight when somebody last moved what is seen. */
  #follows = true

  constructor({ host, label, onType, onLeave }: ScreenOptions) {
    this.#host = host
    this.#terminal = new Terminal({
      fontFamily: getComputedStyle(host).fontFamily,
      fontSize: FONT,
      lineHeight: 1.2,
      scrollback: SCROLLBACK,
      minimumContrastRatio: 4.5,
      screenReaderMode: true,
      linkHandler: { activate: () => undefined },
      theme: themeAt(host),
    })
    mute(this.#terminal.parser)
    this.#terminal.open(host)
    this.#terminal.textarea?.setAttribute('aria-label', label)
    this.#terminal.onData(data => {
      if (!isFocusReport(data)) onType(data)
    })
    this.#terminal.attachCustomKeyEventHandler(event => this.#takesKey(event, onLeave))
    this.#takeWords()
    const { signal } = this.#ending
    host.parentElement?.addEventListener('scroll', () => this.#noteSight(), { passive: true, signal })
    host.addEventListener('paste', event => this.#paste(event), { capture: true, signal })
  }

  /** The size that fills its place; undefined while it is not seen. */
  get room(): ScreenSize | undefined {
    const { width, height } = this.#cell
    const around = this.#host.parentElement
    if (!around || width === 0 || height === 0 || around.clientWidth === 0) return undefined
    const scale = FONT / this.#fontSize
    return {
      cols: between(2, Math.floor((around.clientWidth - MARGIN) / (width * scale)), 1000),
      rows: between(1, Math.floor((around.clientHeight - 2) / (height * scale)), 1000),
    }
  }

  /** Letters as small as it takes, within reason, to have all rows in sight; or as big as usual. */
  set shrinks(shrinks: boolean) {
    const { height } = this.#cell
    const around = this.#host.parentElement
    if (!around || height === 0 || around.clientHeight === 0) return
    const fitting = (this.#fontSize * (around.clientHeight - 2)) / (this.#terminal.rows * height)
    const size = shrinks ? between(SMALLEST_FONT, Math.floor(fitting * 2) / 2, FONT) : FONT
    if (size !== this.#fontSize) this.#terminal.options.fontSize = size
    this.#follow()
  }

  /** Shows bytes; where more of them wait than can be drawn soon, those that come meanwhile are passed over, and it says so. */
  show(bytes: Uint8Array): void {
    if (this.#passedOver > 0) {
      this.#passedOver += bytes.length
      return
    }
    this.#waiting += bytes.length
    this.#terminal.write(bytes, () => {
      this.#waiting -= bytes.length
      this.#follow()
      if (this.#waiting === 0 && this.#passedOver > 0) this.#goOn()
    })
    if (this.#waiting > MOST_WAITING) this.#passedOver = 1
  }

  /** After all that was shown before: an empty screen of this size; then calls `cleared`. */
  clear(size: ScreenSize, cleared: () => void): void {
    this.#passedOver = 0
    this.#terminal.write('\u001bc')
    this.resize(size, cleared)
  }

  /** After all that was shown before: another size; then calls `resized`. */
  resize({ cols, rows }: ScreenSize, resized: () => void): void {
    this.#terminal.write('', () => {
      this.#terminal.resize(cols, rows)
      resized()
    })
  }

  /** Whether it takes what is typed; where it does not, Tab goes on to what comes next on the page. */
  set takesTyping(takes: boolean) {
    this.#terminal.options.disableStdin = !takes
    this.#terminal.options.cursorBlink = takes
    this.#terminal.options.cursorInactiveStyle = takes ? 'outline' : 'none'
  }

  focus(): void {
    this.#terminal.focus()
  }

  /** Takes the page's colours anew. */
  recolour(): void {
    this.#terminal.options.theme = themeAt(this.#host)
  }

  dispose(): void {
    this.#ending.abort()
    this.#terminal.dispose()
  }

  /** What was left out may have ended in the middle of a sequence: CAN breaks that off (ECMA-48). */
  #goOn(): void {
    const words = live.terminal.passedOver(this.#passedOver - 1)
    this.#passedOver = 0
    this.#terminal.write(`\u0018\u001b[0m\r\n${words}\r\n`)
  }

  /** Where all rows have no room: keeps the one that is written in in sight, unless somebody has moved it out. */
  #follow(): void {
    const around = this.#host.parentElement
    if (!around || !this.#follows) return
    const end = this.#cursorEnd
    if (end > around.scrollTop + around.clientHeight) around.scrollTop = end - around.clientHeight
    else if (end < around.scrollTop + this.#cell.height * 2) around.scrollTop = 0
  }

  #noteSight(): void {
    const around = this.#host.parentElement
    if (!around) return
    const end = this.#cursorEnd
    this.#follows = end > around.scrollTop && end <= around.scrollTop + around.clientHeight + this.#cell.height
  }

  /** Pixels from the top of what scrolls to below the row that is written in. */
  get #cursorEnd(): number {
    return (this.#terminal.buffer.active.cursorY + 1) * this.#cell.height + PADDING
  }

  get #fontSize(): number {
    return this.#terminal.options.fontSize ?? FONT
  }

  /** Pixels of one letter. */
  get #cell(): { readonly width: number; readonly height: number } {
    const drawn = this.#terminal.element?.querySelector('.xterm-screen')
    const { width = 0, height = 0 } = drawn?.getBoundingClientRect() ?? {}
    return { width: width / this.#terminal.cols, height: height / this.#terminal.rows }
  }

  #takesKey(event: KeyboardEvent, onLeave: () => void): boolean {
    if (event.key === 'F6' && event.shiftKey) {
      if (event.type === 'keydown') {
        event.preventDefault()
        onLeave()
      }
      return false
    }
    if (this.#terminal.options.disableStdin !== true) return true
    const pages = event.key === 'PageUp' ? -1 : event.key === 'PageDown' ? 1 : 0
    if (pages !== 0 && event.type === 'keydown') this.#terminal.scrollPages(pages)
    return false
  }

  /** What comes from no key, as from dictation or a list of signs; while it is read aloud, xterm.js passes it over. */
  #takeWords(): void {
    const { textarea } = this.#terminal
    const { signal } = this.#ending
    let isKey = false
    textarea?.addEventListener('keydown', () => (isKey = true), { signal })
    textarea?.addEventListener('keyup', () => (isKey = false), { signal })
    textarea?.addEventListener('blur', () => (isKey = false), { signal })
    const onInput = (event: Event): void => {
      if (!(event instanceof InputEvent) || isKey || event.isComposing || event.inputType !== 'insertText') return
      this.#terminal.input(event.data ?? '', true)
    }
    textarea?.addEventListener('input', onInput, { signal })
  }

  #paste(event: ClipboardEvent): void {
    event.preventDefault()
    event.stopPropagation()
    this.#terminal.paste(pasteable(event.clipboardData?.getData('text/plain') ?? ''))
  }
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
