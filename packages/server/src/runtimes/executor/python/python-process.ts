import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants, openSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { encodeFrame, type Frame, FrameReader } from '../frame.ts'
import { killAll, membersOf, sandboxVariable } from '../process-tree.ts'
import { listProcesses, readProcess, signal, ticksNow } from '../processes.ts'
import { Refusal } from '../refusal.ts'
import { MarkerScanner } from '../shell/marker-scanner.ts'
import { howEnded } from './cell-notes.ts'

/** How long, in milliseconds, Python may take to start. */
const startLimit = 20_000
/** Bytes of what it says when it does not start. */
const complaintLimit = 2000
/** Bytes that are still read of the output of a Python that has ended. */
const drainLimit = 1024 * 1024

/** What a cell led to, seen from outside. */
export interface PythonEvents {
  onOutput(bytes: Buffer): void
  onImage(mediaType: string, bytes: Buffer): void
}

/** How a cell ended. */
export interface CellDone {
  readonly ok: boolean
  readonly directory: string
}

interface Running {
  readonly number: number
  /** When it began, in ticks, and the processes of earlier cells that began in the same tick. */
  readonly since: number
  readonly spared: ReadonlySet<number>
  readonly done: PromiseWithResolvers<CellDone>
  answer: CellDone | undefined
  hasMark: boolean
}

/** One process of Python that carries out cells, see `cells.py`. */
export class PythonProcess {
  readonly #child: ChildProcess
  readonly #pid: number
  readonly #mark: string
  readonly #events: PythonEvents
  readonly #requests: Writable
  readonly #scanner: MarkerScanner
  readonly #ready = Promise.withResolvers<string>()
  readonly #ended = Promise.withResolvers<string>()
  #outputFile: number | undefined
  #complaint = ''
  #running: Running | undefined
  #last = 0
  /** When the last cell ended, in ticks. */
  #lastEnd = 0
  #how: string | undefined

  /** Starts it; throws `Refusal` where there is no Python that could run cells. */
  static async start(
    directory: string,
    environment: Readonly<Record<string, string>>,
    events: PythonEvents,
  ): Promise<{ readonly python: PythonProcess; readonly interpreter: string }> {
    const nonce = randomBytes(12).toString('hex')
    const child = spawn('python3', ['-u', join(import.meta.dirname, 'cells.py'), nonce], {
      cwd: directory,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      detached: true,
    })
    const started = Promise.withResolvers<void>()
    child.once('spawn', started.resolve)
    child.once('error', error => started.reject(missing(error)))
    await started.promise
    const python = new PythonProcess(child, nonce, environment[sandboxVariable] ?? '', events)
    return { python, interpreter: await python.#started() }
  }

  private constructor(child: ChildProcess, nonce: string, mark: string, events: PythonEvents) {
    this.#child = child
    this.#pid = child.pid ?? 0
    this.#mark = mark
    this.#events = events
    // They were asked for as pipes.
    const [requests, answers] = [child.stdio[3] as Writable, child.stdio[4] as Readable]
    this.#requests = requests
    this.#scanner = new MarkerScanner(nonce, {
      onBytes: bytes => events.onOutput(bytes),
      onMarker: ([number]) => this.#marked(Number(number)),
    })
    const frames = new FrameReader(
      frame => this.#answered(frame),
      () => this.kill(),
    )
    answers.on('data', (bytes: Buffer) => frames.push(bytes))
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => {
        this.#complaint = (this.#complaint + bytes.toString('utf8')).slice(-complaintLimit)
      })
    for (const stream of [requests, answers]) stream.on('error', () => undefined)
    child.on('error', () => undefined)
    child.on('exit', (code, name) => this.#exited(howEnded(code, name)))
  }

  /** Resolves, with how, when it has ended and its output has been read. */
  get ended(): Promise<string> {
    return this.#ended.promise
  }

  /** How it ended; undefined while it lives. */
  get how(): string | undefined {
    return this.#how
  }

  /** Runs a cell, one at a time; resolves when it is done and its output has been read, never when Python ends first. */
  run(code: string): Promise<CellDone> {
    const number = ++this.#last
    const done = Promise.withResolvers<CellDone>()
    const since = ticksNow()
    const recent = since > this.#lastEnd + 1 ? [] : listProcesses().filter(({ started }) => started >= since)
    const spared = new Set(recent.map(({ pid }) => pid))
    this.#running = { number, since, spared, done, answer: undefined, hasMark: false }
    this.#requests.write(encodeFrame({ type: 'cell', cell: number }, Buffer.from(code)))
    return done.promise
  }

  /** Interrupts the cell that runs, with the programs that it has started. */
  interrupt(): void {
    if (this.#running === undefined || this.#how !== undefined) return
    const { since, spared } = this.#running
    const members = listProcesses().filter(({ group, started }) => group === this.#pid && started >= since)
    // Python first: the end of a program that it waits for would be the end of the cell.
    signal(this.#pid, 'SIGINT')
    for (const { pid } of members) if (pid !== this.#pid && !spared.has(pid)) signal(pid, 'SIGINT')
  }

  /** Ends it at once with all that the cell which runs has started; what earlier cells have left running stays. */
  kill(): void {
    if (this.#how !== undefined) return
    // It must not start others meanwhile.
    signal(this.#pid, 'SIGSTOP')
    this.#endTree()
  }

  #endTree(): void {
    const { since, spared } = this.#running ?? { since: ticksNow(), spared: new Set<number>() }
    const tree = { shell: this.#pid, since, spared, mark: this.#mark }
    killAll(() => [...membersOf(tree), ...(readProcess(this.#pid) === undefined ? [] : [this.#pid])])
  }

  async #started(): Promise<string> {
    const timer = setTimeout(() => this.kill(), startLimit)
    const failed = this.#ended.promise.then(how => {
      throw new Refusal(`Python could not be started: ${how}. ${this.#complaint.trim()}`)
    })
    try {
      return await Promise.race([this.#ready.promise, failed])
    } finally {
      clearTimeout(timer)
    }
  }

  #answered({ header, body }: Frame): void {
    const { type, cell, ok, directory, media, output, interpreter } = header
    if (type === 'ready' && typeof output === 'number' && typeof interpreter === 'string')
      this.#readFrom(output, interpreter)
    else if (type === 'image' && typeof media === 'string') this.#events.onImage(media, body)
    else if (type === 'done' && this.#running !== undefined && cell === this.#running.number) {
      this.#running.answer = { ok: ok === true, directory: typeof directory === 'string' ? directory : '' }
      this.#settle()
    }
  }

  /** Takes the pipe that Python has made: what Node makes for its children are sockets, which programs cannot open by name. */
  #readFrom(descriptor: number, interpreter: string): void {
    try {
      const flags = constants.O_RDONLY | constants.O_NONBLOCK
      this.#outputFile = openSync(`/proc/${this.#pid}/fd/${descriptor}`, flags)
    } catch (error) {
      this.#complaint = String(error)
      this.kill()
      return
    }
    const output = new Socket({ fd: this.#outputFile, readable: true, writable: false })
    output.on('data', (bytes: Buffer) => this.#scanner.push(bytes))
    output.on('error', () => undefined)
    this.#child.once('exit', () => output.destroy())
    this.#requests.write(encodeFrame({ type: 'opened' }))
    this.#ready.resolve(interpreter)
  }

  #marked(number: number): void {
    if (number !== this.#running?.number) return
    this.#running.hasMark = true
    this.#settle()
  }

  #settle(): void {
    const running = this.#running
    if (running?.answer === undefined || !running.hasMark) return
    this.#running = undefined
    this.#lastEnd = ticksNow()
    running.done.resolve(running.answer)
  }

  #exited(how: string): void {
    this.#endTree()
    this.#drain()
    this.#how = how
    this.#ended.resolve(how)
  }

  #drain(): void {
    if (this.#outputFile === undefined) return
    const bytes = Buffer.allocUnsafe(64 * 1024)
    try {
      for (let total = 0; total < drainLimit; ) {
        const count = readSync(this.#outputFile, bytes)
        if (count === 0) return
        total += count
        this.#scanner.push(Buffer.from(bytes.subarray(0, count)))
      }
    } catch {
      // Empty, while a program that has outlived Python still holds it.
    }
  }
}

function missing(error: Error): Error {
  const isMissing = 'code' in error && error.code === 'ENOENT'
  const remedy = 'Install it where the sandbox takes its programs from: apt-get install -y python3'
  const reason = isMissing ? 'there is none in this sandbox' : error.message
  return new Refusal(`Cells need python3, and ${reason}. ${remedy}`, { cause: error })
}
