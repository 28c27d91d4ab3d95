import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { action, begun, metrics, ran, userSays } from '../packages/server/src/testing/events.ts'
import { text as says, tool } from '../packages/server/src/testing/scripted-model/script.ts'
import { startScriptedModel } from '../packages/server/src/testing/scripted-model/server.ts'
import { ServerProcess, temporaryFolder } from '../packages/server/src/testing/server-process.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { againText, searchText, text } from '../packages/web/src/text.ts'
import { Surfer } from './browser.ts'
import { ConversationTab } from './conversation.ts'
import { payloads } from './payload-table.ts'
import { Sink } from './sink.ts'
import { type Drafts, storeSessions } from './stored-log.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const violations = `axe.run(document, { resultTypes: ['violations'] })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 160))))`
/** The smallest picture there is. */
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** Hits that the page fetches at a time. */
const HITS = 50
const STEPS = 600
/** Commands with their outputs; every fifth speaks of a lighthouse, one of a needle. */
const steps: Drafts = first =>
  Array.from({ length: STEPS }, (_, at) => {
    const id = first + 2 * at
    const words = at % 5 === 0 ? `the Lighthouse number ${at}` : `a line of step ${at}`
    return [
      action(
        'run',
        { command: at === 7 ? 'grep -r needle hay' : `step ${at}` },
        { seen: id - 1, llm_metrics: metrics(`m-${id}`) },
      ),
      ran(id, `${'some more words\n'.repeat(at % 7)}${words}`),
    ]
  }).flat()
const end: Drafts = id => [action('finish', { thought: 'All is counted.' }, { seen: id - 1 })]

/** A server with one long session, which waits for whoever says something. */
async function longSession(
  parts: readonly Drafts[] = [steps, end],
): Promise<AsyncDisposable & { readonly url: string; readonly session: string }> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const [session = ''] = await storeSessions(folder.path, [[() => begun, ...parts]])
  const model = stack.use(await startScriptedModel({ script: () => says('Heard.') }))
  const server = stack.use(
    await ServerProcess.start({
      dataDir: folder.path,
      env: { LLM_MODEL: 'openai/gpt-4o', LLM_API_KEY: 'key-of-the-test', LLM_BASE_URL: model.baseUrl('chat') },
    }),
  )
  const ends = stack.move()
  return { url: server.url, session, [Symbol.asyncDispose]: () => ends.disposeAsync() }
}

/** The search, spoken of as people do. */
class Search {
  readonly tab: Page
  constructor(tab: Page) {
    this.tab = tab
  }
  get bar(): Locator {
    return this.tab.getByRole('search', { name: searchText.bar })
  }
  get field(): Locator {
    return this.tab.getByRole('combobox', { name: searchText.field })
  }
  get hits(): Locator {
    return this.bar.getByRole('option')
  }
  async says(words: string): Promise<void> {
    await this.bar.getByRole('status').filter({ hasText: words }).waitFor()
  }
  /** A row that is in view and marked as the one that was gone to. */
  async marks(words: string): Promise<void> {
    const row = this.tab.getByRole('feed').locator('article > .bg-accent-soft').filter({ hasText: words })
    await row.waitFor()
    const log = await this.tab.getByRole('feed').locator('..').boundingBox()
    for (;;) {
      const box = await row.boundingBox()
      if (box && log && box.y < log.y + log.height && box.y + box.height > log.y) return
    }
  }
}

describe('search inside a conversation', () => {
  const stack = new AsyncDisposableStack()
  let surfer: Surfer
  let long: Awaited<ReturnType<typeof longSession>>
  before(async () => {
    surfer = stack.use(await Surfer.start())
    long = stack.use(await longSession())
  })
  after(() => stack.disposeAsync())

  test('[F22] an old event that the page does not hold is found, gone to and marked; Escape gives the focus back', async () => {
    await using visit = await surfer.visit(`${long.url}/#/conversations/${long.session}`)
    const { tab } = visit
    const conversation = new ConversationTab(tab)
    const search = new Search(tab)
    await conversation.log.getByText('All is counted.').waitFor()
    await conversation.field.focus()
    await tab.keyboard.press('Control+f')
    await search.field.and(tab.locator(':focus')).waitFor()
    await tab.keyboard.type('NEEDLE hay')
    await search.says(searchText.found('1'))
    assert.equal(await search.hits.locator('mark').innerText(), 'needle hay')
    assert.equal(await tab.getByText('grep -r needle hay').count(), 1, 'only in the hit')
    await tab.keyboard.press('Enter')
    await search.says(searchText.at('1', '1'))
    await search.marks('grep -r needle hay')
    await tab.waitForFunction(`CSS.highlights.get('found')?.size === 1`)
    assert.match(tab.url(), new RegExp(`${long.session}/\\d+$`))
    // From the end of the conversation the same hit leads there once more.
    await tab.getByRole('button', { name: text.conversation.newest }).click()
    await conversation.log.getByText('All is counted.').waitFor()
    await search.field.press('Enter')
    await search.marks('grep -r needle hay')
    // An Enter that comes before the answer is for what is typed then.
    await search.field.fill('number 5 ')
    await tab.keyboard.press('Enter')
    await search.marks('the Lighthouse number 595')
    await search.field.fill('number 10')
    await tab.keyboard.press('Enter')
    await search.marks('the Lighthouse number 105')
    await tab.keyboard.press('Escape')
    await search.bar.waitFor({ state: 'detached' })
    await conversation.field.and(tab.locator(':focus')).waitFor()
    visit.assertQuiet()
  })

  test('[P18] hits are counted, paged and gone through by keys, newest first', async () => {
    await using visit = await surfer.visit(`${long.url}/#/conversations/${long.session}`)
    const { tab } = visit
    const search = new Search(tab)
    await tab.getByRole('button', { name: searchText.open }).click()
    await search.field.fill('lighthouse')
    await search.says(searchText.found('120'))
    for (const [key, place, number] of [
      ['Enter', '1', 595],
      ['ArrowDown', '2', 590],
      ['Enter', '3', 585],
      ['Shift+Enter', '2', 590],
      ['ArrowUp', '1', 595],
    ] as const) {
      await tab.keyboard.press(key)
      await search.says(searchText.at(place, '120'))
      await search.marks(`the Lighthouse number ${number}`)
    }
    const active = await search.field.getAttribute('aria-activedescendant')
    assert.equal(await tab.locator(`[id="${active}"]`).getAttribute('aria-selected'), 'true')
    const more = search.bar.getByRole('button', { name: searchText.more('70') })
    await more.click()
    await more.waitFor({ state: 'detached' })
    await search.field.and(tab.locator(':focus')).waitFor()
    await search.bar.getByRole('button', { name: searchText.more('20') }).click()
    await search.bar.getByRole('button', { name: /^Show more/ }).waitFor({ state: 'detached' })
    await search.hits.first().hover()
    await tab.mouse.wheel(0, 100_000)
    await search.hits.filter({ hasText: 'number 0' }).click()
    await search.says(searchText.at('120', '120'))
    await search.marks('the Lighthouse number 0')
    visit.assertQuiet()
  })

  test('[P26] nothing found and no answer say what to do; the search goes on where it is asked again', async () => {
    await using visit = await surfer.visit(`${long.url}/#/conversations/${long.session}`)
    const { tab } = visit
    const search = new Search(tab)
    // Where a panel has the focus the keys are its own, or the browser's.
    await tab.getByRole('tab', { name: text.panels.overview, exact: true }).focus()
    await tab.keyboard.press('Control+f')
    assert.equal(await search.bar.count(), 0)
    await tab.keyboard.press('Control+k')
    await tab.getByLabel(text.palette.field).fill(searchText.open)
    await tab.keyboard.press('Enter')
    await search.field.and(tab.locator(':focus')).waitFor()
    await search.field.fill('no such words')
    await search.says(searchText.none)
    await search.bar.getByText(searchText.noneHint('no such words')).waitFor()
    await tab.route('**/log/search?*', route => route.abort())
    await search.field.fill('needle')
    await search.bar.getByRole('alert').waitFor()
    await search.bar.getByRole('status').filter({ hasNotText: /./ }).waitFor({ state: 'attached' })
    await tab.unroute('**/log/search?*')
    await search.bar.getByRole('button', { name: text.common.retry }).click()
    await search.says(searchText.found('1'))
    visit.assertQuiet()
  })

  test('[S16] what is found can run nothing and load nothing', async () => {
    await using sink = await Sink.start()
    const evil = payloads(sink.url)
    const said: Drafts = () => evil.map(payload => userSays(`found: ${payload}`))
    await using server = await longSession([said, end])
    await using visit = await surfer.visit(`${server.url}/#/conversations/${server.session}`, {
      // All hits have room in a third of it.
      viewport: { width: 1280, height: 36_000 },
    })
    const { tab } = visit
    const search = new Search(tab)
    await tab.getByRole('button', { name: searchText.open }).click()
    await search.field.fill('found:')
    await search.says(searchText.found(String(evil.length)))
    const more = search.bar.getByRole('button', { name: /^Show more/ })
    for (let left = evil.length - HITS; left > 0; left -= HITS) {
      await more.filter({ hasText: searchText.more(String(left)) }).click()
    }
    await more.waitFor({ state: 'detached' })
    await search.bar.locator(`[aria-posinset="${evil.length}"]`).waitFor()
    assert.equal(await search.hits.count(), evil.length, 'all of them are drawn')
    assert.deepEqual(sink.visitors, [])
    visit.assertQuiet()
  })

  for (const width of ['wide', 'phone'] as const)
    for (const theme of ['light', 'dark'] as const)
      test(`[WCAG 2.2 AA] no violation with the search open, ${width}, ${theme}`, async () => {
        const look = { width, theme, bypassCSP: true }
        await using visit = await surfer.visit(`${long.url}/#/conversations/${long.session}`, look)
        const { tab } = visit
        const search = new Search(tab)
        await tab.getByTitle(text.link.open).waitFor()
        await tab.getByRole('button', { name: searchText.open }).click()
        await search.field.fill('lighthouse')
        await search.says(searchText.found('120'))
        await tab.addScriptTag({ path: axe })
        assert.deepEqual(await tab.evaluate(violations), [])
        await search.field.press('Enter')
        await search.marks('the Lighthouse number 595')
        assert.deepEqual(await tab.evaluate(violations), [])
        // On a phone what is found has the place of the hits.
        assert.equal((await search.hits.count()) === 0, width === 'phone')
        visit.assertQuiet()
      })
})

describe('a message that was read is said again', () => {
  let surfer: Surfer
  before(async () => {
    surfer = await Surfer.start()
  })
  after(() => surfer[Symbol.asyncDispose]())

  test('[F03] sent again as it was, with its picture; edited and sent again; neither changes what was said', async () => {
    await using world = await World.start({
      script: ({ lastUserText }) => tool('finish', { message: `Heard: ${lastUserText}` }),
    })
    await using visit = await surfer.visit(world.server.url, { bypassCSP: true })
    const { tab } = visit
    const conversation = await ConversationTab.begin(tab, 'count the boats')
    await conversation.log.getByText('Heard: count the boats').waitFor()
    const [chooser] = await Promise.all([
      tab.waitForEvent('filechooser'),
      tab.getByRole('button', { name: text.composer.attach }).click(),
    ])
    await chooser.setFiles([
      { name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from(PIXEL.split(',')[1] ?? '', 'base64') },
    ])
    await conversation.say('what is on this picture')
    await conversation.log.getByText('Heard: what is on this picture').waitFor()
    const rowOf = (words: string): Locator =>
      conversation.log.getByRole('article').filter({ hasText: `${text.conversation.you}: ${words}` })
    await rowOf('what is on this picture').hover()
    await rowOf('what is on this picture').getByRole('button', { name: againText.send, exact: true }).click()
    await rowOf('what is on this picture').nth(1).waitFor()
    await conversation.log.getByText('Heard: what is on this picture').nth(1).waitFor()
    assert.equal(await rowOf('what is on this picture').getByRole('img').count(), 2)

    // By keys alone: an Escape leaves everything as it was, with the focus where it came from.
    const edit = rowOf('count the boats').getByRole('button', { name: againText.edit })
    await edit.focus()
    await tab.keyboard.press('Enter')
    const field = tab.getByRole('textbox', { name: againText.field })
    await field.fill('never said')
    await tab.addScriptTag({ path: axe })
    assert.deepEqual(await tab.evaluate(violations), [])
    await tab.keyboard.press('Escape')
    await edit.and(tab.locator(':focus')).waitFor()
    await tab.keyboard.press('Enter')
    assert.equal(await field.inputValue(), 'count the boats')
    await field.fill('count the ships')
    await tab.keyboard.press('Enter')
    await conversation.log.getByText('Heard: count the ships').waitFor()
    assert.equal(await rowOf('count the ships').count(), 1)
    assert.equal(await rowOf('count the boats').count(), 1)
    const said = world.model.requests.at(-1)
    assert.match(JSON.stringify(said), /count the boats.*count the ships/s)
    assert.doesNotMatch(JSON.stringify(said), /never said/)
    visit.assertQuiet()
  })

  test('[F03] the text of a row and a link to it are copied; the link leads there', async () => {
    await using world = await World.start({ script: () => tool('finish', { message: 'The **answer** is 42.' }) })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    await visit.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const conversation = await ConversationTab.begin(tab, 'say the number')
    const row = conversation.log.getByRole('article').filter({ hasText: 'The answer is 42.' })
    await row.hover()
    await row.getByRole('button', { name: text.conversation.copyText }).click()
    await row.getByRole('button', { name: text.common.copied }).waitFor()
    assert.equal(await tab.evaluate('navigator.clipboard.readText()'), 'The **answer** is 42.')
    await row.getByRole('link', { name: text.conversation.permalink }).click()
    await row.getByRole('link', { name: text.common.copied }).waitFor()
    const link = String(await tab.evaluate('navigator.clipboard.readText()'))
    assert.match(link, new RegExp(`^${world.server.url}/#/conversations/${conversation.session}/\\d+$`))
    const other = await visit.another(link)
    await new Search(other).marks('The answer is 42.')
    visit.assertQuiet()
  })
})
