import { TerminalText } from '../shell/terminal-text.ts'
import { notes } from './cell-notes.ts'
import { type CellDone, type PythonEvents, PythonProcess } from './python-process.ts'

/** How long, in milliseconds, a cell has to stop when it is interrupted. */
const interruptGrace = 1000
/** Images of one cell, and bytes that each may have. */
const imageCount = 8
const imageBytes = 2_000_000

/** An image that a cell showed. */
export interface CellImage {
  readonly mediaType: 'image/png' | 'image/jpeg'
  readonly bytes: Buffer
}

/** What a cell led to. */
export interface CellOutcome {
  readonly text: string
  readonly images: readonly CellImage[]
  readonly ok: boolean
  /** The folder afterwards. */
  readonly directory: string
  readonly interpreter: string
}

/** Where Python runs. */
export interface InterpreterOptions {
  readonly workspace: string
  readonly environment: Readonly<Record<string, string>>
  /** UTF-16 units of text that the result of a cell may have. */
  readonly outputLimit: number
}

/** Python with a state that cells share, started when it is needed and again when it has ended. */
export class Interpreter {
  readonly #options: InterpreterOptions
  /** Also holds what threads and programs print between cells, for the next one. */
  readonly #text: TerminalText
  #decoder = new TextDecoder()
  #python: PythonProcess | undefined
  #interpreter = ''
  #images: CellImage[] = []
  #onOutput: (bytes: Buffer) => void = () => undefined

  constructor(options: InterpreterOptions) {
    this.#options = options
    this.#text = new TerminalText(options.outputLimit)
  }

  /**
   * Runs a cell, one at a time. After `timeoutMs`, or when the signal is aborted, it is interrupted, and Python ended if
   * that does not help. Throws `Refusal` where Python cannot be started.
   */
  async run(
    code: string,
    timeoutMs: number,
    signal: AbortSignal,
    onOutput: (bytes: Buffer) => void,
  ): Promise<CellOutcome> {
    const python = await this.#started()
    this.#onOutput = onOutput
    this.#images = []
    const done = await this.#finish(python, code, timeoutMs, signal)
    this.#onOutput = () => undefined
    return {
      text: this.#text.take(),
      images: this.#images,
      ok: done?.ok ?? false,
      directory: done?.directory ?? this.#options.workspace,
      interpreter: this.#interpreter,
    }
  }

  /** Ends Python at once. */
  close(): void {
    this.#python?.kill()
  }

  async #started(): Promise<PythonProcess> {
    const how = this.#python?.how
    if (this.#python !== undefined && how === undefined) return this.#python
    if (how !== undefined && this.#python !== undefined) this.#note(notes.endedBefore(how))
    this.#python = undefined
    const events: PythonEvents = {
      onOutput: bytes => this.#print(bytes),
      onImage: (mediaType, bytes) => this.#show(mediaType, bytes),
    }
    const { workspace, environment } = this.#options
    const { python, interpreter } = await PythonProcess.start(workspace, environment, events)
    this.#decoder = new TextDecoder()
    this.#python = python
    this.#interpreter = interpreter
    return python
  }

  async #finish(
    python: PythonProcess,
    code: string,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<CellDone | undefined> {
    let isTimedOut = false
    let isKilled = false
    const timers: NodeJS.Timeout[] = []
    const stop = (): void => {
      python.interrupt()
      // While Python waits for some programs it does not hear the first one.
      timers.push(setTimeout(() => python.interrupt(), interruptGrace / 2))
      timers.push(
        setTimeout(() => {
          isKilled = true
          python.kill()
        }, interruptGrace),
      )
    }
    timers.push(
      setTimeout(() => {
        isTimedOut = true
        stop()
      }, timeoutMs),
    )
    const ended = python.ended.then(how => ({ how }))
    const done = python.run(code)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    try {
      const result = await Promise.race([done, ended])
      if ('how' in result) this.#forget(isKilled ? notes.killed : notes.ended(result.how))
      if (isTimedOut) this.#note(notes.timedOut(timeoutMs))
      return 'how' in result ? undefined : { ...result, ok: result.ok && !isTimedOut }
    } finally {
      for (const timer of timers) clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  }

  /** It has been told that Python has ended. */
  #forget(note: string): void {
    this.#python = undefined
    this.#note(note)
  }

  #print(bytes: Buffer): void {
    this.#text.write(this.#decoder.decode(bytes, { stream: true }))
    this.#onOutput(bytes)
  }

  #note(text: string): void {
    const rest = this.#decoder.decode()
    this.#text.write(rest)
    const before = this.#text.take()
    this.#text.write(before === '' || before.endsWith('\n') ? before + text : `${before}\n${text}`)
  }

  #show(mediaType: string, bytes: Buffer): void {
    if (mediaType !== 'image/png' && mediaType !== 'image/jpeg') return
    if (this.#images.length < imageCount && bytes.length <= imageBytes) this.#images.push({ mediaType, bytes })
  }
}
