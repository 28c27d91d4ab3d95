import { randomBytes } from 'node:crypto'
import { closeSync, constants, mkdirSync, openSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { type IPty, spawn } from '@lydell/node-pty'
import { MarkerScanner } from './marker-scanner.ts'
import { readProc } from './processes.ts'
import { commandFile, commandLine, startUpFile } from './start-up.ts'

/** Wide and high enough that programs do not wrap or page what they print. */
const columns = 200
const rows = 50

/** Where and as what a shell is started. */
export interface ShellPlace {
  readonly workspace: string
  /** A folder that only the executor uses. */
  readonly control: string
  /** Where the shell begins. */
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** Whether to bring back the variables that the shell before this one exported. */
  readonly restores: boolean
}

/** What a shell tells while it runs. */
export interface ShellEvents {
  /** The shell has taken up the command with this number. */
  onBegin(number: number): void
  /** Bytes that the command with this number wrote, or a job while it ran. */
  onBytes(number: number, bytes: Buffer): void
  /** `wasDeleted`: the folder of the shell was gone and it went to the workspace. */
  onEnd(number: number, status: number, directory: string | undefined, wasDeleted: boolean): void
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
  /** The command whose output is being read; 0 between commands. */
  #reading = 0
  #last = 0
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
      onBytes: bytes => {
        if (this.#reading > 0) events.onBytes(this.#reading, bytes)
      },
      onMarker: fields => this.#marker(fields),
    })
    this.#pty = spawn('bash', ['--noprofile', '--noediting', '--rcfile', file, '-i'], {
      name: 'xterm-256color',
      cols: columns,
      rows,
      cwd: place.workspace,
      env: { ...place.environment },
      encoding: null,
    })
    // With `encoding: null` the data are bytes, whatever the declaration says.
    this.#pty.onData(data => scanner.push(data as unknown as Buffer))
    this.#pty.onExit(({ exitCode, signal }) => this.#exited(signal ? 128 + signal : exitCode))
  }

  get pid(): number {
    return this.#pty.pid
  }

  /** Resolves at the first prompt, or when the shell has ended before it. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Whether `exec` has put another program into the place of the shell. */
  get isReplaced(): boolean {
    return this.#commandLine !== '' && commandLineOf(this.pid) !== this.#commandLine
  }

  /** Runs a command; only when none runs. Returns its number. */
  start(command: string): number {
    const number = ++this.#last
    const file = this.#fileOf(number)
    writeFileSync(file, commandFile(number, command), { mode: 0o600 })
    // A program that was killed may have left the terminal without echo or line ends.
    this.#pty.write(commandLine(file, this.#needsRepair))
    this.#needsRepair = false
    return number
  }

  /** Types bytes as they are. */
  type(text: string): void {
    this.#pty.write(text)
  }

  /** Kills the shell; `onExit` follows. */
  kill(): void {
    if (this.#hasExited) return
    this.#release()
    this.#pty.kill('SIGKILL')
  }

  #fileOf(number: number): string {
    return `${this.#place.control}/command-${number}`
  }

  #marker([kind = '', ...fields]: readonly string[]): void {
    const number = Number(kind === 'C' ? fields[0] : fields[1])
    if (kind === 'C') {
      this.#reading = number
      this.#events.onBegin(number)
      return
    }
    if (number === 0) this.#started()
    if (number === 0 || number !== this.#reading) return
    this.#reading = 0
    rmSync(this.#fileOf(number), { force: true })
    const status = Number(fields[0])
    this.#needsRepair = status > 128
    const directory = kind === 'D' ? fields.slice(3).join(';') : undefined
    this.#events.onEnd(number, status, directory, fields[2] === '1')
  }

  #started(): void {
    if (this.#commandLine !== '') return
    this.#commandLine = commandLineOf(this.pid)
    this.#slave = openSync(readlinkSync(`/proc/${this.pid}/fd/0`), constants.O_RDWR | constants.O_NOCTTY)
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
