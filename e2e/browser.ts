import assert from 'node:assert/strict'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** How somebody looks at the page. */
export interface Look {
  readonly width: 'wide' | 'phone'
  readonly theme: 'light' | 'dark'
}

export interface VisitOptions extends Partial<Look> {
  /** Puts the page's own policy aside, for tools that have to be put into it. */
  readonly bypassCSP?: boolean
  readonly viewport?: { readonly width: number; readonly height: number }
  /** Runs in every document before its own scripts. */
  readonly before?: string
}

const viewports = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } }
/** A busy machine is slow, and a test that waits for what comes loses nothing. */
const PATIENCE_MS = 60_000

/** A browser in which every visit has a profile of its own, and everything that no page may do is noticed. */
export class Surfer implements AsyncDisposable {
  readonly #browser: Browser

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  /** Starts the installed Chromium; `args` are added to its command line. */
  static async start(args: readonly string[] = []): Promise<Surfer> {
    const quiet = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run']
    return new Surfer(await chromium.launch({ executablePath: '/usr/bin/chromium', args: [...quiet, ...args] }))
  }

  /** Opens the page; the visit ends with its disposal, and `Visit.assertQuiet` says whether it was a quiet one. */
  async visit(url: string, options: VisitOptions = {}): Promise<Visit> {
    const { width = 'wide', theme = 'light', before, viewport, ...rest } = options
    const context = await this.#browser.newContext({
      viewport: viewport ?? viewports[width],
      colorScheme: theme,
      hasTouch: width === 'phone',
      isMobile: width === 'phone',
      reducedMotion: 'reduce',
      ...rest,
    })
    context.setDefaultTimeout(PATIENCE_MS)
    if (before !== undefined) await context.addInitScript(before)
    const visit = new Visit(context, await context.newPage(), new URL(url).origin)
    await visit.tab.goto(url)
    return visit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
  }
}

/** What happened in a visit that must not happen in any: dialogs, failed scripts, broken policies, foreign requests. */
export class Visit implements AsyncDisposable {
  readonly tab: Page
  readonly context: BrowserContext
  /** Every line of the console. */
  readonly console: string[] = []
  readonly #wrong: string[] = []
  readonly #origin: string

  constructor(context: BrowserContext, tab: Page, origin: string) {
    this.context = context
    this.tab = tab
    this.#origin = origin
    this.#watch(tab)
    context.on('page', page => {
      if (page !== tab) this.#watch(page)
    })
  }

  /** Another tab of the same profile. */
  async another(url = this.tab.url()): Promise<Page> {
    const tab = await this.context.newPage()
    await tab.goto(url)
    return tab
  }

  /** Fails with everything that should not have been. */
  assertQuiet(): void {
    assert.deepEqual(this.#wrong, [], 'dialogs, errors of scripts, broken policies and foreign requests')
  }

  #watch(tab: Page): void {
    tab.on('dialog', dialog => {
      this.#wrong.push(`dialog: ${dialog.message()}`)
      dialog.dismiss().catch(() => undefined)
    })
    tab.on('pageerror', error => this.#wrong.push(`error: ${error.stack ?? error.message}`))
    tab.on('console', message => {
      const line = `${message.type()}: ${message.text()}`
      this.console.push(line)
      if (/Content Security Policy|Trusted ?Type|Refused to/i.test(line)) this.#wrong.push(line)
    })
    tab.on('request', request => {
      const { origin, protocol } = new URL(request.url())
      if (protocol !== 'data:' && protocol !== 'blob:' && origin !== this.#origin)
        this.#wrong.push(`request to ${request.url()}`)
    })
    tab.on('crash', () => this.#wrong.push('the tab crashed'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close()
  }
}
