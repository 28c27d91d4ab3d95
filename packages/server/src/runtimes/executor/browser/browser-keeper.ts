import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenParams } from '../protocol.ts'
import { type BrowserRequest, BrowserWorker } from './browser-worker.ts'
import { findChromium } from './find-chromium.ts'
import type { Page } from './page.ts'

/** What is said to who wants to act where there is no browser. */
export const noBrowser =
  'There is no browser in this sandbox. Install chromium where the server runs (apt-get install -y chromium), ' +
  'or name another with the variable CHROMIUM. Pages can still be read without one.'

/** Keeps the browser of a sandbox: one request at a time, started when first used, ended when nobody has used it for a while. */
export class BrowserKeeper {
  readonly #options: OpenParams
  readonly #idleMs: number
  readonly #folder: string
  #worker: BrowserWorker | undefined
  #profile = ''
  #last: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  /** Where the browser was when it was ended for being idle. */
  #resume = ''
  #shown = ''
  #isClosed = false

  constructor(options: OpenParams, idleMs: number) {
    this.#options = options
    this.#idleMs = idleMs
    this.#folder = options.environment['TMPDIR'] ?? '/tmp'
  }

  /** The browser's program, looked for anew each time; undefined where there is none. */
  get program(): string | undefined {
    return findChromium(this.#options.environment)
  }

  /** Asks the browser once those who came before have been served. Throws like `BrowserWorker.ask`. */
  ask(request: BrowserRequest, signal: AbortSignal): Promise<Page> {
    const turn = this.#last.then(() => this.#ask(request, signal))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Ends everything at once. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#worker?.kill()
    this.#removeProfile()
  }

  async #ask(request: BrowserRequest, signal: AbortSignal): Promise<Page> {
    signal.throwIfAborted()
    clearTimeout(this.#timer)
    const worker = this.#worker ?? this.#start()
    try {
      const page = await worker.ask(request, signal)
      this.#shown = page.url
      return page
    } finally {
      this.#rest()
    }
  }

  #rest(): void {
    if (this.#isClosed || this.#worker === undefined) return
    this.#timer = setTimeout(() => {
      // In its turn, so that a request that comes now waits for the end and then starts another.
      this.#last = this.#last.then(() => this.#endIdle()).catch(() => undefined)
    }, this.#idleMs)
    this.#timer.unref()
  }

  async #endIdle(): Promise<void> {
    const worker = this.#worker
    this.#resume = /^(?:https?|file):/.test(this.#shown) ? this.#shown : ''
    await worker?.end()
  }

  #start(): BrowserWorker {
    const { environment, workspace, writable, egress } = this.#options
    this.#profile = mkdtempSync(join(this.#folder, 'browser-'))
    mkdirSync(join(this.#profile, 'downloads'))
    const settings = {
      program: this.program ?? '',
      profile: this.#profile,
      proxy: egress === '' ? '' : (environment['HTTP_PROXY'] ?? ''),
      certificates: egress === '' ? '' : join(egress, 'ca.crt'),
      workspace,
      folders: writable.map(folder => realpathSync(folder)),
      downloads: join(this.#folder, 'downloads'),
      resume: this.#resume,
    }
    this.#resume = ''
    this.#shown = ''
    const worker = new BrowserWorker(settings, { ...environment, TMPDIR: this.#profile })
    this.#worker = worker
    worker.ended.then(
      () => this.#forget(worker),
      () => undefined,
    )
    return worker
  }

  #forget(worker: BrowserWorker): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    clearTimeout(this.#timer)
    this.#removeProfile()
  }

  #removeProfile(): void {
    if (this.#profile === '') return
    try {
      rmSync(this.#profile, { recursive: true, force: true, maxRetries: 3 })
    } catch {
      // What is left of it lies in a folder for temporary files, and goes with that.
    }
    this.#profile = ''
  }
}
