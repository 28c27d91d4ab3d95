import type { Answer, Call } from '../calls.ts'
import { killAll } from '../process-tree.ts'
import { readProc } from '../processes.ts'
import type { OpenParams } from '../protocol.ts'
import { freeDisk, shareLeft } from './free-disk.ts'
import { bytesWritten, type SandboxProcesses, sandboxProcesses, threadsOf } from './sandbox-processes.ts'
import { sizeText } from './size-text.ts'
import { yieldToExecutor } from './yield-to-executor.ts'

/** How often, in milliseconds, bounds are looked at while something runs. */
const interval = 500
/** The same while the disk is fuller than it should be. */
const shortInterval = 100
/** Bytes that a sandbox may write from one look to the next without being held responsible for it. */
const blameless = 1024 * 1024
/** Below this share of the reserve, whatever runs is ended: there are ways to fill a disk that no count shows. */
const lastShare = 0.5
/** From this share of the bound on processes on some could not be started: while they are counted, they come and go. */
const nearlyAll = 0.95

type Handler = (call: Call) => Promise<Answer>
type Watched = Pick<OpenParams, 'workspace' | 'reserveBytes' | 'mark'>

/**
 * Watches what no limit of the kernel holds while commands run and while there are jobs: that the disk of the workspace
 * does not get full. And says when there were as many processes as there may be, where only that shows it.
 */
export class Guard {
  readonly #options: Watched
  readonly #running = new Set<AbortController>()
  readonly #mostProcesses = ownProcessLimit()
  readonly #notes = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  /** What the sandbox had written at the last look; kept only while the disk is too full. */
  #written: number | undefined
  /** How often it was found to be filling the disk further since it last was not. */
  #strikes = 0

  constructor(options: Watched) {
    this.#options = options
  }

  /** A handler that is ended when a bound is met; its answer, which is a text, then says so. */
  guarded(handler: Handler): Handler {
    return async call => {
      const abort = new AbortController()
      // What was written before is not its doing.
      if (this.#running.size === 0) this.#written = undefined
      this.#running.add(abort)
      this.#start()
      try {
        const answer = await handler({ ...call, signal: AbortSignal.any([call.signal, abort.signal]) })
        return this.#noted(answer)
      } finally {
        this.#running.delete(abort)
      }
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #noted(answer: Answer): Answer {
    if (this.#notes.size === 0) return answer
    const text = [...this.#notes].map(note => `[${note}]\n`).join('')
    this.#notes.clear()
    const body = Buffer.from(answer.body ?? [])
    const gap = body.length === 0 || body.at(-1) === 0x0a ? '' : '\n'
    return { ...answer, body: Buffer.concat([body, Buffer.from(gap + text)]) }
  }

  #start(): void {
    if (this.#timer === undefined) this.#next(interval)
  }

  #next(delay: number): void {
    this.#timer = setTimeout(() => {
      this.#look().then(
        next => (next === undefined ? this.close() : this.#next(next)),
        () => this.#next(interval),
      )
    }, delay)
    this.#timer.unref()
  }

  /** Resolves to when to look again; undefined when there is nothing to be watched any longer. */
  async #look(): Promise<number | undefined> {
    const { workspace, reserveBytes, mark } = this.#options
    const share = shareLeft(await freeDisk(workspace), reserveBytes)
    if (this.#timer === undefined) return undefined
    const processes = sandboxProcesses(mark)
    for (const pid of processes.own) yieldToExecutor(pid)
    if (this.#mostProcesses !== undefined && threadsOf(processes) >= this.#mostProcesses * nearlyAll) {
      this.#notes.add(`The limit of ${this.#mostProcesses} processes was reached.`)
    }
    if (share >= 1) this.#forgive()
    else if (share < lastShare || this.#isWriting(processes)) {
      this.#strikes++
      this.#stop()
    }
    if (this.#running.size === 0 && processes.others.length === 0) return undefined
    return share < 1 ? shortInterval : interval
  }

  #forgive(): void {
    this.#strikes = 0
    this.#written = undefined
  }

  /** The first look after a strike only counts: what the one that was ended had written before is not its successor's. */
  #isWriting(processes: SandboxProcesses): boolean {
    const [before, now] = [this.#written, bytesWritten(processes)]
    const isWriting = before !== undefined && now - before > blameless
    if (before !== undefined && !isWriting) this.#strikes = 0
    this.#written = isWriting ? undefined : now
    return isWriting
  }

  #stop(): void {
    const { reserveBytes, mark } = this.#options
    const what = this.#running.size > 0 ? 'The command was' : 'What ran in the background was'
    const reserve = `at least ${sizeText(reserveBytes)} of the disk must stay free (limit of free disk space)`
    this.#notes.add(`No space left: ${reserve}. ${what} ended; remove files that are not needed.`)
    for (const abort of this.#running) abort.abort(new Error('The disk is full'))
    // It was not the command, or not it alone.
    if (this.#running.size === 0 || this.#strikes > 1) killAll(() => [...sandboxProcesses(mark).others], 4)
  }
}

/** The bound on processes that was set for this sandbox; undefined when it is so high that it is nobody's decision. */
function ownProcessLimit(): number | undefined {
  const number = Number(/^Max processes\s+(\d+)/m.exec(readProc('self/limits') ?? '')?.[1])
  return number > 0 && number <= 8192 ? number : undefined
}
