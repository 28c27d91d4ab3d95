import type { Locator, Page } from 'playwright-core'
import { text } from '../packages/web/src/text.ts'

/** A tab that shows a session, spoken of as people do who look at it. */
export class ConversationTab {
  readonly tab: Page

  constructor(tab: Page) {
    this.tab = tab
  }

  /** Gives a task on the page of all sessions, and resolves when the session stands open. */
  static async begin(tab: Page, task: string): Promise<ConversationTab> {
    await tab.getByLabel(text.home.field, { exact: true }).fill(task)
    await tab.getByRole('button', { name: text.home.start, exact: true }).click()
    const conversation = new ConversationTab(tab)
    await conversation.field.waitFor()
    return conversation
  }

  get field(): Locator {
    return this.tab.getByLabel(text.composer.field)
  }

  get log(): Locator {
    return this.tab.getByRole('feed', { name: text.conversation.log })
  }

  /** The dock that asks whether the agent may. */
  get question(): Locator {
    return this.tab.getByRole('region', { name: text.approval.title })
  }

  get session(): string {
    return /conversations\/([0-9a-f-]+)/.exec(this.tab.url())?.[1] ?? ''
  }

  /** The line that says what is happening now. */
  state(words: string): Locator {
    return this.tab.getByRole('status').filter({ hasText: words })
  }

  async say(words: string): Promise<void> {
    await this.field.fill(words)
    await this.tab.getByRole('button', { name: text.composer.send, exact: true }).click()
  }

  /** Answers the question that stands there for these words; it counts once it can have been read. */
  async answer(about: string, yes: boolean): Promise<void> {
    const dock = this.question.filter({ hasText: about })
    const button = dock.getByRole('button', { name: yes ? text.approval.yes : text.approval.no, exact: true })
    await button.waitFor()
    // A click that comes too early for a reader is passed over: people click again.
    while ((await dock.count()) > 0) await button.click({ timeout: 500 }).catch(() => undefined) // it may be gone by now
  }

  /** Opens a panel of the workspace; resolves to it. */
  async panel(name: string): Promise<Locator> {
    await this.tab.getByRole('tab', { name, exact: true }).click()
    return this.tab.getByRole('complementary', { name: text.panels.title }).getByRole('tabpanel', { name, exact: true })
  }

  /** What stands in the log, row by row, without times. */
  async rows(): Promise<string[]> {
    const rows = await this.log.getByRole('article').allInnerTexts()
    return rows.map(each => each.replaceAll(/\d{1,2}:\d{2}(:\d{2})?( [AP]M)?/g, '').trim())
  }
}
