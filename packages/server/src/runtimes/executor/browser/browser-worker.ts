import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { extname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { killAll } from '../process-tree.ts'
import { listProcesses, type Process, variableOf } from '../processes.ts'
import { Refusal } from '../refusal.ts'
import type { SessionOptions } from './browser-session.ts'
import type { Page } from './page.ts'

/** What is asked of a browser: to open an address, or to carry out calls. */
export type BrowserRequest = { readonly open: string } | { readonly act: string }

interface Reply {
  readonly id: number
  readonly page?: Page
  readonly refused?: string
  readonly failed?: string
}

/** The variable that the worker and all that it starts carry, to be found again when they have lost their parent. */
const variable = 'OPENHANDS_BROWSER'
/** Milliseconds that a cancelled request may go on, that any request may take, and that a worker may take to end. */
const cancelGrace = 700
const requestLimit = 300_000
const endGrace = 6000
/** UTF-16 units of what the worker and the browser complained of that are told when they end. */
const complaintLimit = 600

/** A browser and its driver, in processes of their own; they end with it. */
export class BrowserWorker {
  /** Resolves when the worker has ended, however it did; never rejects. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  readonly #mark = randomUUID()
  readonly #waiting = new Map<number, PromiseWithResolvers<Page>>()
  #complaint = ''
  #last = 0

  constructor(options: SessionOptions, environment: Readonly<Record<string, string>>) {
    const program = join(import.meta.dirname, `worker${extname(import.meta.filename)}`)
    this.#child = spawn(process.execPath, [program, JSON.stringify(options)], {
      cwd: options.workspace,
      env: { ...environment, [variable]: this.#mark },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const { stdin, stdout, stderr } = this.#child
    stdin?.on('error', () => undefined)
    stderr?.on('data', bytes => {
      this.#complaint = (this.#complaint + String(bytes)).slice(-complaintLimit)
    })
    if (stdout) createInterface({ input: stdout }).on('line', line => this.#take(line))
    const ended = Promise.withResolvers<void>()
    this.ended = ended.promise
    this.#child.on('error', error => this.#end(error.message, ended.resolve))
    this.#child.on('close', (code, signal) => this.#end(`It ended with ${signal ?? `code ${code}`}.`, ended.resolve))
  }

  /**
   * Asks for a page. Throws `Refusal` for what the agent should read, also when the browser ends before it has answered,
   * or the signal's reason within a second: a worker that does not let go by then is killed.
   */
  async ask(request: BrowserRequest, signal: AbortSignal): Promise<Page> {
    const id = ++this.#last
    const waiting = Promise.withResolvers<Page>()
    this.#waiting.set(id, waiting)
    let timer = setTimeout(() => this.kill(), requestLimit)
    const cancel = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => this.kill(), cancelGrace)
      this.#send({ id, cancel: true })
    }
    signal.addEventListener('abort', cancel, { once: true })
    this.#send({ id, ...request })
    try {
      return await waiting.promise
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
      this.#waiting.delete(id)
    }
  }

  /** Lets the browser end by itself, or else kills it; resolves when nothing of it is left. */
  async end(): Promise<void> {
    this.#child.stdin?.end()
    const timer = setTimeout(() => this.kill(), endGrace)
    await this.ended
    clearTimeout(timer)
  }

  /** Kills the worker with all that it started, at once. */
  kill(): void {
    const { pid } = this.#child
    const isOurs = (process: Process, all: ReadonlyMap<number, Process>): boolean => {
      for (let at: Process | undefined = process; at !== undefined; at = all.get(at.parent))
        if (at.pid === pid) return true
      return variableOf(process.pid, variable) === this.#mark
    }
    killAll(() => {
      const all = new Map(listProcesses().map(each => [each.pid, each]))
      return [...all.values()].filter(each => isOurs(each, all)).map(each => each.pid)
    })
  }

  #send(message: unknown): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`)
  }

  #take(line: string): void {
    const reply = replyIn(line)
    if (reply === undefined) return
    const { id, page, refused, failed } = reply
    const waiting = this.#waiting.get(id)
    if (page !== undefined) waiting?.resolve(page)
    else waiting?.reject(new Refusal(refused ?? `The browser failed: ${failed}`))
  }

  #end(reason: string, done: () => void): void {
    this.kill()
    const complaint = this.#complaint.trim()
    const message = `The browser has ended unexpectedly; the next use starts it anew. ${reason}${complaint && `\n${complaint}`}`
    for (const waiting of this.#waiting.values()) waiting.reject(new Refusal(message))
    done()
  }
}

/** Only our own program writes there, and the server checks whatever comes of it; a stray line must not end us. */
function replyIn(line: string): Reply | undefined {
  try {
    return JSON.parse(line) as Reply
  } catch {
    return undefined
  }
}
