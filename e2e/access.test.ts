import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { ReverseProxy } from '../packages/server/src/testing/reverse-proxy.ts'
import { tool } from '../packages/server/src/testing/scripted-model/script.ts'
import { ServerProcess, temporaryFolder } from '../packages/server/src/testing/server-process.ts'
import { TestAuthority } from '../packages/server/src/testing/test-authority.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { live, settingsText, text, timelineText } from '../packages/web/src/text.ts'
import { Surfer } from './browser.ts'
import { ConversationTab } from './conversation.ts'
import { openPanel } from './views.ts'

/** The line of the server's output that has this in it, once it is there. */
async function lineWith(server: ServerProcess, part: RegExp): Promise<string> {
  for (;;) {
    const found = server.log.map(line => part.exec(line)?.[0]).find(each => each !== undefined)
    if (found !== undefined) return found
    await new Promise(setImmediate)
  }
}

describe('who may see the page', () => {
  let surfer: Surfer
  before(async () => {
    surfer = await Surfer.start(['--host-resolver-rules=MAP openhands.test 127.0.0.1', '--ignore-certificate-errors'])
  })
  after(() => surfer[Symbol.asyncDispose]())

  test('[S07] the start link lets a browser in once; the address keeps no code; the token lets others in', async () => {
    await using folder = await temporaryFolder()
    await using server = await ServerProcess.start({ dataDir: folder.path, args: ['--token-required'] })
    const link = await lineWith(server, /http:\S+#code=[\w-]+/)
    await using visit = await surfer.visit(link)
    const { tab } = visit
    await tab.getByRole('heading', { name: text.home.title }).waitFor()
    assert.equal(tab.url().includes('code'), false, tab.url())
    assert.equal(await tab.evaluate('document.cookie'), '')
    await tab.reload()
    await tab.getByRole('heading', { name: text.home.title }).waitFor()
    visit.assertQuiet()

    await using other = await surfer.visit(link)
    await other.tab.getByText(text.login.link).waitFor()
    const field = other.tab.getByLabel(text.login.field)
    const submit = other.tab.getByRole('button', { name: text.login.submit })
    await field.fill('nobody-knows-this')
    await submit.click()
    await other.tab.getByRole('alert').getByText(text.login.wrong).waitFor()
    await field.fill(readFileSync(join(folder.path, 'token'), 'utf8').trim())
    await submit.click()
    await other.tab.getByRole('heading', { name: text.home.title }).waitFor()
    other.assertQuiet()
  })

  for (const strips of [true, false])
    test(`[P46] below a path of a proxy that ${strips ? 'takes it off' : 'leaves it on'}: a task from login to its end, and a reload`, async () => {
      const prefix = '/team/agents'
      await using proxy = await ReverseProxy.start({
        authority: new TestAuthority(),
        host: 'openhands.test',
        prefix,
        strips,
        previewSuffix: '.preview.test',
      })
      const host = `openhands.test:${proxy.port}`
      await using world = await World.start({
        script: ({ turn }) =>
          turn === 0 ? tool('execute_bash', { command: 'echo proxied' }) : tool('finish', { message: 'Done.' }),
        args: ['--trusted-proxies', '127.0.0.1', '--allowed-hosts', host, ...(strips ? [] : ['--base-path', prefix])],
      })
      proxy.targets = { server: world.server.url, preview: '' }
      await using visit = await surfer.visit(`https://${host}${prefix}/`)
      const { tab } = visit
      await tab.getByLabel(text.login.field).fill(readFileSync(join(world.dataDir, 'token'), 'utf8').trim())
      await tab.getByRole('button', { name: text.login.submit }).click()
      const conversation = await ConversationTab.begin(tab, 'go through the proxy')
      await conversation.state(text.now.finished).waitFor()
      await conversation.log.getByText('proxied', { exact: true }).waitFor()
      await tab.reload()
      await conversation.log.getByText('proxied', { exact: true }).waitFor()
      assert.ok(tab.url().startsWith(`https://${host}${prefix}/`), tab.url())
      visit.assertQuiet()
    })
})

/** Goes on with Tab until this has the focus, as somebody does who has no pointer; fails where no way leads there. */
async function tabTo(tab: Page, target: Locator, key = 'Tab'): Promise<void> {
  await target.waitFor()
  const reached = target.and(tab.locator(':focus')).or(target.locator(':focus'))
  for (let steps = 0; steps < 120; steps++) {
    if ((await reached.count()) > 0) return
    await tab.keyboard.press(key)
  }
  assert.fail(`${key} does not lead to ${String(target)}`)
}

/** Approves by key whatever is asked, until it is done. */
async function approveAll(tab: Page, conversation: ConversationTab): Promise<void> {
  const done = conversation.state(text.now.finished)
  while (!(await done.isVisible())) {
    await done.or(conversation.question).first().waitFor()
    await tab.keyboard.press('Control+Enter')
    await tab.evaluate('new Promise(requestAnimationFrame)')
  }
}

describe('who can use the page', () => {
  let surfer: Surfer
  before(async () => {
    surfer = await Surfer.start()
  })
  after(() => surfer[Symbol.asyncDispose]())

  test('[WCAG 2.1.1] [WCAG 2.1.2] by keyboard alone: the first run, approvals, every panel, out of terminal and editor, settings', async () => {
    await using folder = await temporaryFolder()
    await using server = await ServerProcess.start({ dataDir: folder.path, args: ['--confirmation', 'always'] })
    await using visit = await surfer.visit(server.url)
    const { tab } = visit
    const { keyboard } = tab
    const button = (name: string): Locator => tab.getByRole('button', { name, exact: true })
    await tabTo(tab, button(text.setup.demo))
    await keyboard.press('Enter')
    const conversation = new ConversationTab(tab)
    await conversation.field.waitFor()
    await approveAll(tab, conversation)

    const panels = tab.getByRole('tablist', { name: text.panels.title })
    await tabTo(tab, panels)
    await keyboard.press('Home')
    const names = await panels.getByRole('tab').allInnerTexts()
    assert.ok(names.length >= 8)
    for (const name of [...names.slice(1), ...names.slice(0, 1)]) {
      await keyboard.press('ArrowRight')
      await panels.getByRole('tab', { name, exact: true, selected: true }).and(tab.locator(':focus')).waitFor()
      await tab.getByRole('tabpanel', { name, exact: true }).waitFor()
    }

    for (let at = names.indexOf(text.panels.terminal); at > 0; at--) await keyboard.press('ArrowRight')
    await tabTo(tab, button(live.terminal.open))
    await keyboard.press('Enter')
    await tab.locator('.xterm-helper-textarea:focus').waitFor({ state: 'attached' })
    await tab.getByText(live.terminal.leaveHint).locator('visible=true').waitFor()
    await keyboard.press('Tab') // it is the shell's
    await tab.locator('.xterm-helper-textarea:focus').waitFor({ state: 'attached' })
    await keyboard.press('Shift+F6')
    await tab.getByRole('tablist', { name: live.terminal.tabs }).locator(':focus').waitFor()

    await tabTo(tab, panels, 'Shift+Tab')
    await keyboard.press('ArrowLeft')
    await tab.getByRole('tabpanel', { name: text.panels.files, exact: true }).waitFor()
    await tab.getByRole('treeitem', { name: 'hello.sh' }).waitFor()
    await tabTo(tab, tab.getByRole('tree'))
    await keyboard.press('End')
    await keyboard.press('Enter')
    const editor = tab.locator('.cm-content')
    await tabTo(tab, editor)
    await keyboard.press('Tab') // it indents
    await editor.and(tab.locator(':focus')).waitFor()
    await keyboard.press('Shift+F6')
    await tab.getByRole('tabpanel', { name: text.panels.files, exact: true }).and(tab.locator(':focus')).waitFor()

    await keyboard.press('Control+,')
    await tabTo(tab, tab.getByLabel(settingsText.agent.iterations))
    await keyboard.type('42')
    await keyboard.press('Enter')
    const agent = tab.getByRole('region', { name: settingsText.sections.agent })
    await agent.getByRole('status').filter({ hasText: text.settings.saved }).waitFor()
    visit.assertQuiet()
  })

  test('[WCAG 2.5.8] by touch alone: a task, its approval, the panels that have no place of their own, a session deleted', async () => {
    await using world = await World.start({
      args: ['--confirmation', 'always'],
      script: ({ turn }) =>
        turn === 0 ? tool('execute_bash', { command: 'echo touched' }) : tool('finish', { message: 'Done.' }),
    })
    await using visit = await surfer.visit(world.server.url, { width: 'phone' })
    const { tab } = visit
    await tab.getByLabel(text.home.field, { exact: true }).fill('be touched')
    await tab.getByRole('button', { name: text.home.start, exact: true }).tap()
    const conversation = new ConversationTab(tab)
    const yes = conversation.question.getByRole('button', { name: text.approval.yes, exact: true, disabled: false })
    await yes.tap()
    await conversation.state(text.now.finished).waitFor()
    await conversation.field.fill('a line')
    await conversation.field.press('Enter')
    assert.equal(await conversation.field.inputValue(), 'a line\n', 'there the button sends')
    for (const name of [timelineText.name, text.panels.ports, text.panels.files]) await openPanel(tab, name)
    await tab.getByRole('link', { name: text.conversation.back }).tap()
    await tab.getByRole('button', { name: `${text.common.remove}: be touched` }).tap()
    await tab.getByRole('dialog').getByRole('button', { name: text.common.remove, exact: true }).tap()
    await tab.getByText(text.home.empty).waitFor()
    visit.assertQuiet()
  })

  test('[F01] the first run says nothing in the console of the browser', async () => {
    await using folder = await temporaryFolder()
    await using server = await ServerProcess.start({ dataDir: folder.path })
    await using visit = await surfer.visit(server.url)
    await visit.tab.getByRole('heading', { name: text.setup.title }).waitFor()
    await visit.tab.getByText(text.home.empty).waitFor()
    assert.deepEqual(visit.console, [])
  })

  test('[P11] a part of the page that the server has no more: it says so and offers to load the page; what was written stays', async () => {
    await using folder = await temporaryFolder()
    await using server = await ServerProcess.start({ dataDir: folder.path })
    await using visit = await surfer.visit(server.url)
    const { tab } = visit
    const conversation = await ConversationTab.begin(tab, 'hello')
    await conversation.state(text.now.finished).waitFor()
    await conversation.field.fill('half a sent')
    await tab.route(/files-panel/, route => route.abort())
    await tab.getByRole('tab', { name: text.panels.files, exact: true }).click()
    await tab.getByRole('alert').getByText(text.common.partGone).waitFor()
    assert.equal(await conversation.field.inputValue(), 'half a sent', 'nothing else is gone')
    await tab.unroute(/files-panel/)
    await tab.getByRole('button', { name: text.common.reload }).click()
    await tab.getByRole('tabpanel', { name: text.panels.files, exact: true }).getByText('hello.sh').waitFor()
    assert.equal(await conversation.field.inputValue(), 'half a sent')
  })
})
