import { randomBytes } from 'node:crypto'
import { closeSync, constants, mkdirSync, openSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { type IPty, spawn } from '@lydell/node-pty'
import { yieldToExecutor } from '../limits/yield-to-executor.ts'
import { readProc } from '../processes.ts'
import { EchoWindow } from './echo-window.ts'
import { MarkerScanner } from './marker-scanner.ts'
import { commandFile, commandLine, type StartUp, startUpFile } from './start-up.ts'

/** Wide and high enough that programs do not wrap or page what they print. */
export const shellSize = { columns: 200, rows: 50 } as const

/** Where and as what a shell is started. */
export type ShellPlace = Omit<StartUp, 'nonce'>

/** What a shell tells while it runs. */
export interface ShellEvents {
  /** The shell is at its first prompt, in this folder; `wasDeleted`: it was to begin in one that is gone. */
  onReady(directory: string, wasDeleted: boolean): void
  /** The shell has taken up the command with this number. */
  onBegin(number: number): void
  /** Bytes that the command with this number wrote, or a job while it ran. */
  onBytes(number: number, bytes: Buffer): void
  /** Bytes that came between commands: from jobs, or of a person who types. */
  onIdleBytes(bytes: Buffer): void
  /** `wasDeleted`: the folder of the shell was gone and it went to the workspace. */
  onEnd(number: number, status: number, directory: string | undefined, wasDeleted: boolean): void
  /** The shell prompts after something that is no command of ours; `directory` where it is known. */
  onPrompt(directory: string | undefined): void
  /** The shell itself ended: its exit code, or 128 + n. Comes after its last byte. */
  onExit(status: number): void
}

/** One bash on a terminal of its own, which reads commands from files and marks where their output begins and ends. */
export class ShellProcess {
  readonly #pty: IPty
  readonly #place: ShellPlace
  readonly #ready = Promise.withResolvers<void>()
  readonly #events: ShellEvents
  /** The terminal's other end, held open: without it the last bytes of a shell that exits would be lost. */
  #slave: number | undefined
  /** The command whose output is being read; undefined between commands. */
  #reading: number | undefined
  /** The command that was typed last, as the shell's own markers number it. */
  #last = 0
  #echo: EchoWindow | undefined
  #needsRepair = false
  #hasExited = false
  /** What `/proc` shows as the command line of bash, to notice that `exec` has replaced it. */
  #commandLine = ''

  constructor(place: ShellPlace, events: ShellEvents) {
    this.#place = place
    this.#events = events
    const nonce = randomBytes(12).toString('hex')
    mkdirSync(place.control, { recursive: true, mode: 0o700 })
    const file = `${place.control}/start-up`
    writeFileSync(file, startUpFile({ nonce, ...place }), { mode: 0o600 })
    const scanner = new MarkerScanner(nonce, {
      onBytes: bytes => this.#bytes(bytes),
      onMarker: fields => this.#marker(fields),
    })
    this.#pty = spawn('bash', ['--noprofile', '--noediting', '--rcfile', file, '-i'], {
      name: 'xterm-256color',
      cols: shellSize.columns,
      rows: shellSize.rows,
      cwd: place.workspace,
      env: { ...place.environment },
      encoding: null,
    })
    yieldToExecutor(this.#pty.pid)
    // With `encoding: null` the data are bytes, whatever the declaration says.
    this.#pty.onData(data => scanner.push(data as unknown as Buffer))
    this.#pty.onExit(({ exitCode, signal }) => this.#exited(signal ? 128 + signal : exitCode))
  }

  get pid(): number {
    return this.#pty.pid
  }

  /** The terminal, for somebody who takes it over. */
  get pty(): IPty {
    return this.#pty
  }

  /** Resolves at the first prompt, or when the shell has ended before it. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  get hasExited(): boolean {
    return this.#hasExited
  }

  /** Whether there has been a first prompt. */
  get isReady(): boolean {
    return this.#commandLine !== ''
  }

  /** Whether `exec` has put another program into the place of the shell. */
  get isReplaced(): boolean {
    return this.isReady && commandLineOf(this.pid) !== this.#commandLine
  }

  /** Runs a command under a number larger than any before; only when none runs. */
  start(number: number, command: string): void {
    const file = this.#fileOf(number)
    writeFileSync(file, commandFile(number, command), { mode: 0o600 })
    this.#last = number
    // A program that was killed may have left the terminal without echo or line ends.
    const line = commandLine(file, this.#needsRepair)
    this.#echo = new EchoWindow(line)
    this.#pty.write(line)
    this.#needsRepair = false
  }

  /** Takes what a person has started and left running for a command of ours, and returns its number. */
  adopt(): number {
    this.#reading = this.#last
    return this.#last
  }

  /** Types bytes as they are. */
  type(text: string): void {
    this.#pty.write(text)
  }

  /** Kills the shell; `onExit` follows. */
  kill(): void {
    if (this.#hasExited) return
    this.#release()
    this.#pty.resume()
    this.#pty.kill('SIGKILL')
  }

  #fileOf(number: number): string {
    return `${this.#place.control}/command-${number}`
  }

  #bytes(bytes: Buffer): void {
    if (this.#reading !== undefined) {
      this.#events.onBytes(this.#reading, bytes)
      return
    }
    // What the start-up file shows concerns nobody.
    const rest = this.#echo === undefined ? bytes : this.#echo.push(bytes)
    if (rest !== undefined && this.isReady) this.#events.onIdleBytes(rest)
  }

  #marker([kind = '', ...fields]: readonly string[]): void {
    const directory = kind === 'D' ? fields.slice(3).join(';') : undefined
    const wasDeleted = fields[2] === '1'
    if (kind === 'C') this.#begun(Number(fields[0]))
    else if (!this.isReady) this.#started(directory ?? '', wasDeleted)
    else if (this.#isEnd(Number(fields[1]))) this.#ended(Number(fields[0]), directory, wasDeleted)
    // While a line is being typed the prompt is the one before it.
    else if (this.#reading === undefined && this.#echo === undefined) this.#events.onPrompt(directory)
  }

  /** A command that redirects the shell itself may be seen to end before it is seen to begin. */
  #isEnd(number: number): boolean {
    if (this.#echo !== undefined && number === this.#last) this.#begun(number)
    return this.#reading === number
  }

  #ended(status: number, directory: string | undefined, wasDeleted: boolean): void {
    const number = this.#reading ?? 0
    this.#reading = undefined
    rmSync(this.#fileOf(number), { force: true })
    this.#needsRepair = status > 128
    this.#events.onEnd(number, status, directory, wasDeleted)
  }

  #begun(number: number): void {
    if (this.#echo === undefined || number !== this.#last) return
    const shown = this.#echo.close()
    this.#echo = undefined
    if (shown.length > 0) this.#events.onIdleBytes(shown)
    this.#reading = number
    this.#events.onBegin(number)
  }

  #started(directory: string, wasDeleted: boolean): void {
    this.#commandLine = commandLineOf(this.pid)
    this.#slave = openSync(readlinkSync(`/proc/${this.pid}/fd/0`), constants.O_RDWR | constants.O_NOCTTY)
    this.#events.onReady(directory, wasDeleted)
    this.#ready.resolve()
  }

  #exited(status: number): void {
    this.#hasExited = true
    this.#release()
    if (this.#last > 0) rmSync(this.#fileOf(this.#last), { force: true })
    this.#ready.resolve()
    this.#events.onExit(status)
  }

  #release(): void {
    if (this.#slave !== undefined) closeSync(this.#slave)
    this.#slave = undefined
  }
}

function commandLineOf(pid: number): string {
  return readProc(`${pid}/cmdline`) ?? ''
}
