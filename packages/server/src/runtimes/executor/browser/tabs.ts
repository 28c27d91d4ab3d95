import { setTimeout as pause } from 'node:timers/promises'
import type { BrowserContext, CDPSession, Page as Tab } from 'playwright-core'
import { type DownloadFolders, Downloads } from './downloads.ts'
import { ElementIds } from './element-ids.ts'
import { shortened } from './page.ts'
import { within } from './within.ts'

/** What is remembered of a tab. */
interface TabState {
  /** Requests that have been sent and not answered, without those that never end. */
  readonly pending: Set<object>
  /** A way to a page that its own script cannot block. */
  readonly control: Promise<CDPSession | undefined>
  readonly ids: ElementIds
  /** The address that was last asked for. */
  asked: string
  /** The request for another page in place of this one, until that comes or does not; meanwhile nothing can be read. */
  coming: object | undefined
  /** What the server said of the page that is shown, where that was an error; empty otherwise. */
  trouble: string
}

const tabLimit = 20
const noteLimit = 100
/** How long, in milliseconds, one answer is waited for before what is known has to do. */
const roundLimit = 1000
/** Kinds of requests whose end says nothing of the page. */
const endless: ReadonlySet<string> = new Set(['websocket', 'eventsource', 'ping', 'media'])
/** How long, in milliseconds, a page may take to answer before it is held to be stuck. */
const answerLimit = 10_000
/** The same once its script has been ended: what it does then is work, which a slow machine takes long for. */
const patientLimit = 25_000

/** The tabs of a browser, the one in front, and what happened in them that their pages do not show. */
export class Tabs {
  readonly downloads: Downloads
  readonly #context: BrowserContext
  readonly #browser: Promise<CDPSession | undefined>
  /** Pages that the browser counts and that are no tabs of ours. */
  readonly #strangers: Promise<number>
  readonly #states = new Map<Tab, TabState>()
  #front: Tab | undefined
  #notes: string[] = []

  constructor(context: BrowserContext, folders: DownloadFolders) {
    this.#context = context
    this.downloads = new Downloads(folders, note => this.note(note))
    this.#browser = Promise.resolve(context.browser()?.newBrowserCDPSession()).catch(() => undefined)
    this.#strangers = this.#countPages().then(
      count => Math.max(0, count - context.pages().length),
      () => 0,
    )
    for (const tab of context.pages()) this.#adopt(tab)
    context.on('page', tab => this.#adopt(tab))
  }

  get all(): readonly Tab[] {
    return [...this.#states.keys()]
  }

  /** The tab that is worked in; a new one when there is none. */
  async front(): Promise<Tab> {
    this.#front ??= await this.open()
    return this.#front
  }

  async open(): Promise<Tab> {
    const tab = await this.#context.newPage()
    this.#front = tab
    return tab
  }

  /** Puts a tab in front; false when there is no such. */
  async focus(index: number): Promise<boolean> {
    const tab = this.all[index]
    if (tab === undefined) return false
    this.#front = tab
    await tab.bringToFront()
    return true
  }

  /** Closes the tab in front without asking its page. */
  async close(): Promise<void> {
    const tab = await this.front()
    this.#forget(tab)
    await tab.close()
  }

  /** How many requests of a tab wait for an answer. */
  pendingOf(tab: Tab): number {
    return this.#states.get(tab)?.pending.size ?? 0
  }

  /**
   * Waits until page and browser have told what they were about to tell, or for a moment; resolves to whether something
   * is on its way then: a request, a download, or a tab.
   */
  async isBusy(tab: Tab): Promise<boolean> {
    const asked = tab.evaluate('1').catch(() => undefined)
    await Promise.race([asked, pause(roundLimit)])
    const isOpening = (await this.#countPages()) - (await this.#strangers) > this.#states.size
    return isOpening || this.pendingOf(tab) > 0 || this.downloads.isBusy
  }

  /** Whether a tab is about to show another page, which has not come yet. */
  isLeaving(tab: Tab): boolean {
    return this.#states.get(tab)?.coming !== undefined
  }

  /** The ids of a tab's elements. */
  idsOf(tab: Tab): ElementIds {
    return this.#states.get(tab)?.ids ?? new ElementIds()
  }

  /** The address that a tab was last asked to show, whether or not it could. */
  askedOf(tab: Tab): string {
    return this.#states.get(tab)?.asked ?? ''
  }

  troubleOf(tab: Tab): string {
    return this.#states.get(tab)?.trouble ?? ''
  }

  note(text: string): void {
    if (this.#notes.length < noteLimit) this.#notes.push(text)
  }

  /** What was noted since the last time. */
  takeNotes(): readonly string[] {
    const notes = this.#notes
    this.#notes = []
    return notes
  }

  /**
   * Makes sure that the page in front answers: a script that keeps it busy is ended, and a page that does not answer even
   * then is closed. Resolves to what was done about it; empty when nothing had to be.
   */
  async wake(signal: AbortSignal): Promise<string> {
    const tab = await this.front()
    const answers = async (limit: number): Promise<boolean> => {
      const answer = tab.evaluate('1').then(
        () => true,
        () => true,
      )
      return within(answer, limit, signal, () => new Error('late')).catch(() => {
        signal.throwIfAborted()
        return false
      })
    }
    if (await answers(answerLimit)) return ''
    if (this.isLeaving(tab)) {
      await this.stop()
      if (await answers(answerLimit))
        return `${shortened(this.askedOf(tab), 200)} did not come; it is not waited for any longer.`
    }
    const control = await this.#states.get(tab)?.control
    control?.send('Runtime.terminateExecution').catch(() => undefined)
    if (await answers(patientLimit)) return 'A script kept the page busy for too long and was ended.'
    this.#forget(tab)
    tab.close().catch(() => undefined)
    await this.open()
    return 'The page did not answer any more, and its tab was closed.'
  }

  /** Stops what the page in front is loading. */
  async stop(): Promise<void> {
    const tab = await this.front()
    const control = await this.#states.get(tab)?.control
    await control?.send('Page.stopLoading')
    const state = this.#states.get(tab)
    if (state !== undefined) state.coming = undefined
  }

  async #countPages(): Promise<number> {
    const answer = await (await this.#browser)?.send('Target.getTargets')
    return answer?.targetInfos.filter(each => each.type === 'page').length ?? 0
  }

  #forget(tab: Tab): void {
    this.#states.delete(tab)
    if (this.#front === tab) this.#front = this.all.at(-1)
  }

  #adopt(tab: Tab): void {
    if (this.#states.size >= tabLimit) {
      this.note(`There are ${tabLimit} tabs already; another was not opened.`)
      tab.close().catch(() => undefined)
      return
    }
    const control = this.#context.newCDPSession(tab).catch(() => undefined)
    const state: TabState = {
      pending: new Set(),
      control,
      ids: new ElementIds(),
      asked: '',
      coming: undefined,
      trouble: '',
    }
    this.#states.set(tab, state)
    this.#front = tab
    this.#listen(tab, state)
  }

  #listen(tab: Tab, state: TabState): void {
    tab.on('close', () => this.#forget(tab))
    tab.on('crash', () => {
      this.note('The page crashed, and its tab was closed.')
      this.#forget(tab)
      tab.close().catch(() => undefined)
    })
    tab.on('request', request => {
      if (!endless.has(request.resourceType())) state.pending.add(request)
      if (!request.isNavigationRequest() || request.frame() !== tab.mainFrame()) return
      state.asked = request.url()
      state.coming = request
      state.trouble = ''
    })
    const ended = (request: object): void => {
      state.pending.delete(request)
      if (state.coming === request) state.coming = undefined
    }
    tab.on('requestfinished', ended)
    tab.on('requestfailed', ended)
    tab.on('framenavigated', frame => {
      if (frame === tab.mainFrame()) state.coming = undefined
    })
    tab.on('response', response => {
      const request = response.request()
      if (!request.isNavigationRequest() || request.frame() !== tab.mainFrame()) return
      const { status, statusText } = { status: response.status(), statusText: response.statusText() }
      const isRefusal = response.headers()['x-refused-by'] === 'openhands-egress'
      if (isRefusal) state.trouble = 'It was not the server that answered: the way out of this sandbox refused it.'
      else state.trouble = status >= 400 ? `The server answered ${status} ${statusText}`.trim() + '.' : ''
    })
    tab.on('dialog', dialog => {
      const isLeaving = dialog.type() === 'beforeunload'
      if (!isLeaving)
        this.note(
          `The page showed the dialog ${dialog.type()} "${shortened(dialog.message(), 300)}"; it was dismissed.`,
        )
      const answer = isLeaving ? dialog.accept() : dialog.dismiss()
      answer.catch(() => undefined)
    })
    tab.on('download', download => this.downloads.take(download))
    tab.on('console', message => {
      if (message.type() === 'error') this.note(`Console error: ${shortened(message.text(), 300)}`)
    })
    tab.on('pageerror', error => this.note(`Script error: ${shortened(String(error), 300)}`))
  }
}
