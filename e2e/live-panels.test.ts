import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { newGate } from '../packages/server/src/testing/scripted-model/gate.ts'
import { gate, tool } from '../packages/server/src/testing/scripted-model/script.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { live, text } from '../packages/web/src/text.ts'
import { Surfer } from './browser.ts'
import { ConversationTab } from './conversation.ts'
import { freePort } from './free-port.ts'

const finish = tool('finish', { message: 'ok' })
const button = (tab: Page, name: string): Locator => tab.getByRole('button', { name, exact: true })
const openPanel = (tab: Page, name: string): Promise<void> =>
  tab.getByRole('tablist', { name: text.panels.title }).getByRole('tab', { name, exact: true }).click()
const subTab = (tab: Page, name: RegExp | string): Locator =>
  tab.getByRole('tablist', { name: live.terminal.tabs }).getByRole('tab', { name })
/** A line that the terminal in view shows, as a screen reader reads it. */
const line = (tab: Page, words: string): Locator =>
  tab.locator('.xterm-accessibility [role=listitem]:visible').filter({ hasText: words })

/** Types a line once the terminal takes it. */
async function typeLine(tab: Page, words: string): Promise<void> {
  await tab.getByText(live.terminal.leaveHint).locator('visible=true').waitFor()
  await tab.locator('.xterm-helper-textarea:focus').waitFor({ state: 'attached' })
  await tab.keyboard.insertText(words)
  await tab.keyboard.press('Enter')
}

/** What a page sends to its terminals, as text. */
function sentTo(tab: Page): string[] {
  const sent: string[] = []
  tab.on('websocket', socket => {
    if (!socket.url().includes('/ws/terminal')) return
    socket.on('framesent', ({ payload }) => {
      if (typeof payload !== 'string') sent.push(payload.toString('utf8'))
    })
  })
  return sent
}

const hostile = [
  '\\033]0;GOTCHA\\007',
  '\\033]52;c;aGVsbG8=\\007',
  '\\033]8;;http://sink.example/\\007click\\033]8;;\\007',
  '\\033[6n\\033[c\\033[>c\\033[?2004$p\\033P$qm\\033\\\\',
  '\\033]11;?\\007',
  '\\033[?1004h',
].join('')

describe('what lives in the sandbox, as the page shows it', () => {
  let surfer: Surfer
  before(async () => {
    surfer = await Surfer.start()
  })
  after(() => surfer[Symbol.asyncDispose]())

  test("[F20] the agent's terminal is looked at, taken over, and given back; the agent goes on in it", async () => {
    const held = newGate()
    await using world = await World.start({
      args: ['--confirmation', 'never'],
      script: ({ turn }) =>
        [
          tool('execute_bash', { command: 'echo from the agent' }),
          gate(held, tool('execute_bash', { command: 'echo "again $MINE"' })),
        ][turn] ?? finish,
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    const conversation = await ConversationTab.begin(tab, 'say something')
    await held.reached
    await openPanel(tab, text.panels.terminal)
    await line(tab, 'from the agent').last().waitFor()
    await button(tab, live.terminal.takeOver).click()
    await typeLine(tab, 'export MINE=$((6*7)); echo typed $MINE')
    await line(tab, 'typed 42').waitFor()
    const other = await visit.another()
    await openPanel(other, text.panels.terminal)
    await other.getByText(live.terminal.holder.somebody).waitFor()
    await line(other, 'typed 42').waitFor()
    await other.close()
    await button(tab, live.terminal.giveBack).click()
    await tab.getByText(live.terminal.holder.agent).waitFor()
    held.open()
    await conversation.state(text.now.finished).waitFor()
    await line(tab, 'again 42').last().waitFor()
    visit.assertQuiet()
  })

  test('[S17] terminals of one’s own: several, closed again; what they print is neither obeyed nor answered', async () => {
    await using world = await World.start({
      args: ['--confirmation', 'never'],
      script: ({ turn }) => [tool('execute_bash', { command: 'pwd' })][turn] ?? finish,
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    const sent = sentTo(tab)
    const conversation = await ConversationTab.begin(tab, 'where are you?')
    await conversation.state(text.now.finished).waitFor()
    const title = await tab.title()
    await openPanel(tab, text.panels.terminal)
    await button(tab, live.terminal.open).click()
    const command = `printf '${hostile}'; echo "end $((1+1))"`
    await typeLine(tab, command)
    await line(tab, 'end 2').waitFor()
    assert.equal(sent.join(''), `${command}\r`)
    assert.equal(await tab.title(), title)
    const link = await line(tab, 'clickend').boundingBox()
    await tab.mouse.click((link?.x ?? 0) + 10, (link?.y ?? 0) + 5)
    assert.equal(visit.context.pages().length, 1, 'no link of a terminal opens anything')
    await button(tab, live.terminal.open).click()
    await subTab(tab, /terminal 2/)
      .and(tab.locator('[aria-selected=true]'))
      .waitFor()
    await typeLine(tab, 'echo second $((2+2))')
    await line(tab, 'second 4').waitFor()
    await tab.keyboard.press('Shift+F6')
    await tab.locator('[role=tab]:focus').waitFor()
    await tab.keyboard.press('ArrowLeft')
    await line(tab, 'end 2').waitFor()
    await tab.reload()
    await subTab(tab, /terminal 1/).click()
    await line(tab, 'end 2').waitFor()
    await button(tab, live.terminal.close('terminal 1')).click()
    await subTab(tab, /terminal 1/).waitFor({ state: 'detached' })
    assert.equal(sent.join(''), `${command}\recho second $((2+2))\r`, 'what was printed before is not answered either')
    visit.assertQuiet()
  })

  test('[P07] jobs are listed with what they print, and can be ended', async () => {
    await using world = await World.start({
      args: ['--confirmation', 'never'],
      script: ({ turn }) =>
        [tool('execute_bash', { command: '(echo begun; while :; do sleep 1; done) &' })][turn] ?? finish,
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    await ConversationTab.begin(tab, 'leave something running')
    await openPanel(tab, text.panels.terminal)
    await subTab(tab, new RegExp(`${live.terminal.jobs}.*1`)).click()
    const jobs = tab.getByRole('list', { name: live.jobs.list })
    await jobs.getByRole('button', { name: live.jobs.output, exact: true }).click()
    await jobs.getByRole('log').getByText('begun').waitFor()
    await jobs.getByRole('button', { name: live.jobs.kill }).click()
    await jobs.getByText(live.jobs.sure).waitFor()
    await jobs.getByRole('button', { name: live.jobs.kill }).click()
    await jobs.getByText(live.jobs.ended, { exact: true }).waitFor()
    visit.assertQuiet()
  })

  test('[P10] terminals say that the server is gone, and that the sandbox rests; both come back', async () => {
    const port = await freePort()
    await using world = await World.start({
      args: ['--confirmation', 'never', '--port', String(port)],
      script: ({ turn }) => [tool('execute_bash', { command: 'echo hello' })][turn] ?? finish,
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    const conversation = await ConversationTab.begin(tab, 'say hello')
    await conversation.state(text.now.finished).waitFor()
    await openPanel(tab, text.panels.terminal)
    await line(tab, 'hello').last().waitFor()
    await world.server.kill()
    await tab.getByText(live.terminal.waiting).waitFor()
    await world.restart()
    await tab.getByRole('heading', { name: live.asleep.title }).waitFor()
    await button(tab, live.asleep.start).click()
    await tab.getByText(live.terminal.holder.agent).waitFor()
    await button(tab, live.terminal.open).click()
    await typeLine(tab, 'echo back $((3+3))')
    await line(tab, 'back 6').waitFor()
  })

  test('[S15] a server in the sandbox is shown in a frame that cannot lead the page elsewhere', async () => {
    const page =
      '<h1>Shop</h1><script>try { top.location = "about:blank" } catch {} try { open("/") } catch {} alert(1)</script>'
    const serve = `mkdir site; printf '%s' '${page}' > site/index.html; python3 -m http.server 8123 -d site >log 2>&1 &`
    await using world = await World.start({
      args: ['--confirmation', 'never'],
      script: ({ turn }) => [tool('execute_bash', { command: serve })][turn] ?? finish,
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    let dialogs = 0
    tab.on('dialog', () => dialogs++)
    const conversation = await ConversationTab.begin(tab, 'open a shop')
    const address = tab.url()
    await openPanel(tab, text.panels.ports)
    const ports = tab.getByRole('list', { name: live.ports.list })
    await ports.getByText(live.ports.port(8123)).waitFor()
    await ports.getByRole('button', { name: live.ports.show }).click()
    await tab.frameLocator('iframe').getByRole('heading', { name: 'Shop' }).waitFor()
    await conversation.state(text.now.finished).waitFor()
    assert.deepEqual([tab.url(), visit.context.pages().length, dialogs], [address, 1, 0])
    const link = ports.getByRole('link', { name: live.ports.open })
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer')
    assert.notEqual(new URL((await link.getAttribute('href')) ?? '').host, new URL(world.server.url).host)
  })

  test('[S16] cells and what the browser saw are shown, and only this server is asked for pictures', async () => {
    const cell = `
import base64
class Plot:
    def _repr_png_(self):
        return base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==')
print('![image](http://sink.example/leak.png)')
Plot()`
    await using world = await World.start({
      args: ['--confirmation', 'never'],
      script: ({ turn }) =>
        [
          tool('execute_ipython_cell', { code: cell }),
          tool('execute_bash', { command: "echo '<h1>Shop</h1>' > shop.html" }),
          tool('browser', { code: 'goto("file:///workspace/shop.html")' }),
        ][turn] ?? finish,
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    const conversation = await ConversationTab.begin(tab, 'draw, then look')
    await conversation.state(text.now.finished).waitFor()
    await openPanel(tab, text.panels.python)
    const cells = tab.getByRole('list', { name: live.python.list })
    await cells.getByText('import base64').waitFor()
    await cells.getByRole('img').waitFor()
    await cells.getByText(text.act.loadFailed).waitFor()
    await openPanel(tab, text.panels.browser)
    const panel = tab.getByRole('tabpanel', { name: text.panels.browser })
    await panel.getByText('goto("file:///workspace/shop.html")').waitFor()
    visit.assertQuiet()
  })
})
