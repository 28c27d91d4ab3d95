import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type Reply, tool } from '../packages/server/src/testing/scripted-model/script.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { approvalText, text } from '../packages/web/src/text.ts'
import { Surfer } from './browser.ts'
import { ConversationTab } from './conversation.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const finish = tool('finish', { message: 'Ended.' })
const bash = (command: string): Reply => tool('execute_bash', { command })
/** Of medium risk. */
const build = 'echo built; rm -rf build'
const other = 'rm -rf other'

function world(...commands: readonly string[]): Promise<World> {
  return World.start({
    args: ['--confirmation', 'cautious'],
    script: ({ turn }) => (commands[turn] === undefined ? finish : bash(commands[turn])),
  })
}

/** Chooses how far the approval reaches, and approves. */
async function remember({ tab, question }: ConversationTab, about: string, reach: 'exactly' | 'kind'): Promise<void> {
  const dock = question.filter({ hasText: about })
  await dock.getByLabel(approvalText.reach).selectOption(reach)
  const button = dock.getByRole('button', { name: approvalText.yes, exact: true })
  while ((await dock.count()) > 0) await button.click({ timeout: 500 }).catch(() => undefined) // it may be gone by now
  await tab.getByText(approvalText.given[reach]).first().waitFor()
}

async function violations(tab: Page): Promise<unknown> {
  await tab.addScriptTag({ path: axe })
  return await tab.evaluate(`axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    resultTypes: ['violations'],
  }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`)
}

describe('approvals that reach further', () => {
  let surfer: Surfer
  before(async () => {
    surfer = await Surfer.start()
  })
  after(() => surfer[Symbol.asyncDispose]())

  test('[J4] to the letter: it passes unasked, another asks, a second tab and a reload know it, forgotten it asks', async () => {
    await using server = await world(build, build, other, build)
    await using visit = await surfer.visit(server.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'build it')
    await conversation.question.filter({ hasText: build }).waitFor()
    const choice = conversation.question.getByLabel(approvalText.reach)
    assert.equal(await choice.inputValue(), 'once')
    await remember(conversation, build, 'exactly')

    await conversation.question.filter({ hasText: other }).waitFor()
    assert.equal(await choice.inputValue(), 'once', 'what was chosen is not chosen for the next')
    const passed = conversation.log.getByText(approvalText.passed)
    await passed.waitFor()
    assert.equal(await passed.count(), 1)
    await passed.getByRole('link').click()
    await visit.tab.waitForURL(/\/\d+$/)
    const approved = Number(/\d+$/.exec(visit.tab.url())?.[0])

    const second = new ConversationTab(await visit.another())
    const list = (await second.panel(text.panels.overview)).getByRole('region', { name: approvalText.list.title })
    await list.getByText(build).waitFor()
    assert.match((await list.getByRole('link').getAttribute('href')) ?? '', new RegExp(`/${approved}$`))
    await second.tab.reload()
    await list.getByRole('button', { name: approvalText.list.forgetOne(build) }).click()
    await list.getByText(approvalText.list.empty).waitFor()

    await visit.tab.bringToFront()
    await conversation.answer(other, true)
    await conversation.question.filter({ hasText: build }).waitFor()
    assert.equal(await passed.count(), 1)
    await conversation.answer(build, false)
    await conversation.state(text.now.input).waitFor()
    visit.assertQuiet()
  })

  test('[J4] [F12] by keyboard alone: the sheet names the keys, the kind is allowed, the palette takes it back', async () => {
    await using server = await world(build, other, 'rm -rf / --no-preserve-root', 'rm -f third')
    await using visit = await surfer.visit(server.server.url)
    const { keyboard } = visit.tab
    const conversation = await ConversationTab.begin(visit.tab, 'clean up')
    const { question } = conversation
    await question.filter({ hasText: build }).waitFor()
    await question.getByRole('heading').click()
    await keyboard.press('?')
    const sheet = visit.tab.getByRole('dialog', { name: text.keys.title })
    for (const scope of ['exactly', 'kind'] as const) await sheet.getByText(approvalText.keys[scope]).waitFor()
    await keyboard.press('Escape')
    while ((await question.filter({ hasText: build }).count()) > 0) await keyboard.press('Control+Alt+Enter')
    await conversation.log.getByText(approvalText.passed).waitFor()

    const high = question.filter({ hasText: 'no-preserve-root' })
    await high.waitFor()
    const offered = await high.getByLabel(approvalText.reach).getByRole('option').allInnerTexts()
    assert.deepEqual(offered, [approvalText.options.once, approvalText.options.exactly], 'no kind at high risk')
    await keyboard.press('Control+k')
    await keyboard.type(approvalText.keys.forget(1))
    await keyboard.press('Enter')
    await conversation.log.getByText(text.conversation.notes.forgotten).waitFor()
    await conversation.answer('no-preserve-root', false)
    await conversation.say('leave that out')
    await question.filter({ hasText: 'rm -f third' }).waitFor()
    visit.assertQuiet()
  })

  for (const width of ['wide', 'phone'] as const)
    for (const theme of ['light', 'dark'] as const)
      test(`[WCAG 2.2 AA] [P18] the question, the card and the list, ${width}, ${theme}`, async () => {
        await using server = await world(build, build, other)
        await using visit = await surfer.visit(server.server.url, { width, theme, bypassCSP: true })
        const { tab } = visit
        const fits = 'document.documentElement.scrollWidth <= innerWidth'
        const conversation = await ConversationTab.begin(tab, 'build it')
        const asked = conversation.log.getByRole('group', { name: build })
        await asked.getByText(text.now.confirm).waitFor()
        const shown = await asked.getByText(build).evaluate(node => [node.scrollWidth, node.clientWidth])
        assert.ok((shown[0] ?? 1) <= (shown[1] ?? 0), `the command stands whole on its card: ${shown}`)
        await conversation.question.getByLabel(approvalText.reach).selectOption('kind')
        await conversation.question.getByText(approvalText.covers.kind('command', 1)).waitFor()
        assert.deepEqual(await violations(tab), [])
        await remember(conversation, build, 'exactly')
        await conversation.question.filter({ hasText: other }).waitFor()
        await conversation.log.getByText(approvalText.passed).waitFor()
        assert.deepEqual([await violations(tab), await tab.evaluate(fits)], [[], true])
        if (width === 'phone')
          await tab
            .getByRole('navigation', { name: text.panels.title })
            .getByRole('button', { name: text.panels.overview })
            .click()
        const list = tab.getByRole('region', { name: approvalText.list.title })
        await list.getByText(build).waitFor()
        await list.scrollIntoViewIfNeeded()
        assert.deepEqual([await violations(tab), await tab.evaluate(fits)], [[], true])
      })
})
