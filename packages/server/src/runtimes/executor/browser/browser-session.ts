import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { type ActionCall, parseActions } from './action-parser.ts'
import { checkedAddress, NotAllowed } from './addresses.ts'
import { type ChromiumOptions, startChromium } from './chromium.ts'
import type { Page } from './page.ts'
import { viewOf } from './page-view.ts'
import { goTo, type Hands, perform } from './perform.ts'
import { settle } from './settle.ts'
import { Tabs } from './tabs.ts'
import { explained } from './trouble.ts'

/** What a browser works with. */
export interface SessionOptions extends ChromiumOptions {
  readonly workspace: string
  /** The folders whose files may be opened and given to pages. */
  readonly folders: readonly string[]
  /** Where downloads are kept. */
  readonly downloads: string
  /** The page to begin with, shown instead of carrying out calls on ids that are gone; empty for none. */
  readonly resume: string
}

/** Milliseconds for a page to become quiet after calls, and for all calls of one text together. */
const settleLimit = 4000
const actLimit = 150_000

/** A running browser: opens pages, carries out calls, and tells what is to be seen then. */
export class BrowserSession {
  readonly #context: BrowserContext
  readonly #hands: Hands
  #resume: string

  private constructor(context: BrowserContext, options: SessionOptions) {
    const { downloads, profile, folders, workspace, proxy, resume } = options
    const tabs = new Tabs(context, { incoming: join(profile, 'downloads'), kept: downloads })
    this.#context = context
    this.#hands = { tabs, folders, workspace, proxy }
    this.#resume = resume
  }

  /** Starts the browser; `onEnd` is called when it has ended, by itself or not. */
  static async start(options: SessionOptions, onEnd: () => void): Promise<BrowserSession> {
    const context = await startChromium(options)
    context.on('close', onEnd)
    return new BrowserSession(context, options)
  }

  /** Opens an address and tells what it shows, or why it could not be opened. Throws `NotAllowed` for one that may not be. */
  async open(address: string, signal: AbortSignal): Promise<Page> {
    checkedAddress(address, this.#hands.folders)
    this.#resume = ''
    const woken = await this.#hands.tabs.wake(signal)
    const failure = await this.#attempt(() => goTo(this.#hands, address, signal), signal)
    return this.#view([woken, failure], signal)
  }

  /** Carries out calls one after the other until one fails. Throws `ActionSyntaxError` before anything has been done. */
  async act(code: string, signal: AbortSignal): Promise<Page> {
    const calls = parseActions(code)
    const resumed = await this.#resumed(calls, signal)
    if (resumed !== undefined) return resumed
    const woken = await this.#hands.tabs.wake(signal)
    const failure = await this.#carryOut(calls, signal)
    const late = await settle(this.#hands.tabs, settleLimit, signal)
    return this.#view([woken, failure, late], signal)
  }

  async close(): Promise<void> {
    await this.#context.close()
  }

  /** Stops what is being loaded; to be called when a request has been given up. */
  async stop(): Promise<void> {
    await this.#hands.tabs.stop()
  }

  async #carryOut(calls: readonly ActionCall[], signal: AbortSignal): Promise<string> {
    const end = performance.now() + actLimit
    for (const [index, call] of calls.entries()) {
      const done =
        index === 0
          ? 'Nothing was done before.'
          : `Done before: ${calls
              .slice(0, index)
              .map(each => each.source)
              .join('; ')}`
      const isLate = performance.now() > end
      const failure = isLate
        ? `All calls together took longer than ${actLimit} ms.`
        : await this.#attempt(() => perform(this.#hands, call, signal), signal)
      if (failure !== '') return `${call.source} failed: ${failure}\n${done}`
    }
    return ''
  }

  /** What stood in the way of something, in words; empty when nothing did. */
  async #attempt(something: () => Promise<void>, signal: AbortSignal): Promise<string> {
    try {
      await something()
      return ''
    } catch (error) {
      signal.throwIfAborted()
      return error instanceof NotAllowed ? error.message : explained(error)
    }
  }

  async #resumed(calls: readonly ActionCall[], signal: AbortSignal): Promise<Page | undefined> {
    const address = this.#resume
    this.#resume = ''
    if (address === '' || calls[0]?.name === 'goto' || calls[0]?.name === 'new_tab') return undefined
    const failure = await this.#attempt(() => goTo(this.#hands, address, signal), signal)
    const reason =
      'The browser had been idle and was started anew at this page. Nothing was done: the ids are now those of this view.'
    return this.#view([reason, failure], signal)
  }

  /** A page that cannot be read is woken or closed, and read then. */
  async #view(errors: readonly string[], signal: AbortSignal): Promise<Page> {
    const { tabs } = this.#hands
    const woken = await tabs.wake(signal)
    const said = [...new Set([...errors, woken])].filter(Boolean).join('\n')
    try {
      return await viewOf(tabs, said, signal)
    } catch (error) {
      signal.throwIfAborted()
      await tabs.close()
      return viewOf(tabs, `${said}\n${explained(error)} Its tab was closed.`.trim(), signal)
    }
  }
}
