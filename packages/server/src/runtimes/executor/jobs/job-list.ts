import { setTimeout as sleep } from 'node:timers/promises'
import { killAll } from '../process-tree.ts'
import { readProc, readProcess, signal, ticksNow } from '../processes.ts'
import { Job } from './job.ts'
import { Origins } from './origins.ts'

/** Commands that may be remembered before it is looked which of them have left something. */
const commandLimit = 128
/** Jobs that are remembered after their end. */
const endedLimit = 16
/** How long, in milliseconds, the shell must be idle before it is looked what a command has left. */
const idleTime = 200
/** How long, in milliseconds, until it is looked again for one that seems to be gone. */
const secondLook = 5
/** How often it is tried to end a job, so many looks each, with a pause of so many milliseconds between them. */
const killTries = 50
const killLooks = 20
const killPause = 100
/** Between two looks because of output, in milliseconds. */
const outputPause = 1000

/**
 * What commands have left running. Who started a process is found out when somebody asks, when something is printed
 * between commands, and once after a command; a command by itself costs next to nothing here.
 */
export class JobList {
  readonly #mark: string
  readonly #origins = new Origins()
  /** Jobs that run, and commands of which it has not been looked yet whether they have left one; oldest first. */
  #commands: Job[] = []
  #ended: Job[] = []
  /** Ended jobs of which nobody has been told. */
  #untold: Job[] = []
  #current: Job | undefined
  #shell = 0
  #lastId = 0
  #isStale = false
  #looked = 0
  #timer: NodeJS.Timeout | undefined

  constructor(mark: string) {
    this.#mark = mark
  }

  /** A command begins; what is left of it when `end` has been called is a job. */
  begin(command: Pick<Job, 'number' | 'command'>, shell: number): void {
    if (this.#commands.length >= commandLimit) this.#look()
    this.#shell = shell
    this.#current = new Job(command, ticksNow(), lastProcess())
    this.#commands.push(this.#current)
  }

  end(): void {
    this.#current = undefined
    this.#isStale = true
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#idle(), idleTime).unref()
    else this.#timer.refresh()
  }

  /** The command was ended with all that it had started; of what takes a moment to die nobody wants to hear. */
  hush(number: number): void {
    for (const job of this.#commands) if (job.number === number) job.isQuiet = true
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /** Takes what was printed between commands. It is the terminal of all jobs, so each that lives gets it. */
  write(bytes: Buffer): void {
    if (this.#isStale || performance.now() - this.#looked > outputPause) this.#look()
    const living = this.#living()
    const last = living.length > 0 ? living : this.#ended.slice(-1)
    for (const job of last.slice(-endedLimit)) job.output.append(bytes)
  }

  /** The jobs that run, and the last ones that did, oldest first. */
  list(): readonly Job[] {
    this.#look()
    return [...this.#ended, ...this.#living()]
  }

  find(id: number): Job | undefined {
    return this.list().find(job => job.id === id)
  }

  /** Ends a job; false when it has ended already. */
  async kill(job: Job): Promise<boolean> {
    if (job.hasEnded) return false
    job.ending = 'was ended by hand'
    // Stopped ones start no others while the rest is looked for.
    const stopped = new Set<number>()
    for (let fresh = [...job.pids]; fresh.length > 0; fresh = job.pids.filter(pid => !stopped.has(pid))) {
      for (const pid of fresh) {
        signal(pid, 'SIGSTOP')
        stopped.add(pid)
      }
      this.#look()
    }
    for (let tries = 0; tries < killTries; tries++) {
      const isGone = killAll(() => {
        this.#look()
        return [...job.pids]
      }, killLooks)
      if (isGone) break
      // On a busy machine even the killed wait for their turn.
      await sleep(killPause)
    }
    this.#look()
    return true
  }

  /** Lines about the jobs that have ended since the last call. */
  news(): string {
    const hasLost = this.#living().some(job => job.pids.every(pid => readProcess(pid) === undefined))
    if (hasLost) this.#look()
    return this.#untold.splice(0).map(lastWords).join('')
  }

  #idle(): void {
    this.#timer = undefined
    if (this.#isStale && this.#current === undefined) this.#look()
  }

  #living(): Job[] {
    return this.#commands.filter(job => job.id > 0)
  }

  /** Who belongs to which command. A process that is changing its program cannot be read, so nobody is missed only once. */
  #find(): ReturnType<Origins['find']> {
    for (let tries = 0; ; tries++) {
      const found = this.#origins.find({ shell: this.#shell, mark: this.#mark, commands: this.#commands })
      const isMissing = this.#living().some(job => job.pids.length > 0 && (found.get(job)?.length ?? 0) === 0)
      if (!isMissing || tries === 2) return found
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, secondLook)
    }
  }

  #look(): void {
    const found = this.#find()
    this.#isStale = false
    this.#looked = performance.now()
    for (const job of this.#commands) {
      job.pids = found.get(job) ?? []
      if (job === this.#current) continue
      if (job.pids.length > 0 && job.id === 0) job.id = ++this.#lastId
      job.hasEnded = job.pids.length === 0
      if (job.hasEnded && job.id > 0) {
        this.#ended.push(job)
        if (!job.isQuiet) this.#untold.push(job)
      }
    }
    this.#commands = this.#commands.filter(job => !job.hasEnded)
    this.#ended = this.#ended.slice(-endedLimit)
    this.#untold = this.#untold.slice(-endedLimit)
  }
}

function lastWords({ id, command, ending, output }: Job): string {
  const line = output.total === 0 ? '' : (output.render().trimEnd().split('\n').at(-1) ?? '')
  const last = line.trim() === '' ? '' : ` The last line that it printed: ${line.slice(-200)}`
  return `[The background job ${id}, ${JSON.stringify(command.slice(0, 200))}, ${ending || 'has ended'}.${last}]\n`
}

/** The process id that was given away last, as this name space numbers them. */
function lastProcess(): number {
  return Number(readProc('loadavg')?.trim().split(' ').at(-1) ?? 0)
}
