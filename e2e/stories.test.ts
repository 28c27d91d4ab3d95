import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { newGate } from '../packages/server/src/testing/scripted-model/gate.ts'
import { gate, tool, tools } from '../packages/server/src/testing/scripted-model/script.ts'
import { ServerProcess, temporaryFolder } from '../packages/server/src/testing/server-process.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { examples, text } from '../packages/web/src/text.ts'
import { Surfer } from './browser.ts'
import { ConversationTab } from './conversation.ts'
import { freePort } from './free-port.ts'
import { SilentLine } from './silent-line.ts'

const finish = tool('finish', { message: 'All is **done**.' })

describe('what people do with the page', () => {
  let surfer: Surfer
  before(async () => {
    surfer = await Surfer.start()
  })
  after(() => surfer[Symbol.asyncDispose]())

  test('[seed] [F01] without a key: an example is one click, and the demonstration runs to its end', async () => {
    await using folder = await temporaryFolder()
    await using server = await ServerProcess.start({ dataDir: folder.path })
    await using visit = await surfer.visit(server.url)
    const { tab } = visit
    await tab.getByRole('heading', { name: text.setup.title }).waitFor()
    await tab.getByRole('button', { name: examples[0]?.title ?? '', exact: true }).click()
    const conversation = new ConversationTab(tab)
    await conversation.state(text.now.finished).waitFor()
    await conversation.log.getByText('hello', { exact: true }).first().waitFor()
    const sent = await tab.evaluate(
      `performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`,
    )
    assert.ok(Number(sent) > 100_000 && Number(sent) <= 250_000, `${sent} bytes of script for a first run`)
    await tab.goBack()
    await tab.getByRole('region', { name: text.home.groups.rest }).getByText(text.states.finished).first().waitFor()
    visit.assertQuiet()
  })

  test('[J1] a task asks for approval: refused it is not done, approved it is', async () => {
    await using world = await World.start({
      args: ['--confirmation', 'always'],
      script: ({ turn }) =>
        [tool('execute_bash', { command: 'touch refused' }), tool('execute_bash', { command: 'touch approved' })][
          turn
        ] ?? finish,
    })
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'touch something')
    await conversation.answer('touch refused', false)
    await conversation.state(text.now.input).waitFor()
    await conversation.log.getByText(text.approval.refusedByUser).waitFor()
    await conversation.say('then something else')
    await conversation.answer('touch approved', true)
    await conversation.state(text.now.finished).waitFor()
    await conversation.log.getByText(text.approval.byUser).waitFor()
    const workspace = join(world.dataDir, 'workspaces', conversation.session)
    assert.deepEqual([existsSync(join(workspace, 'refused')), existsSync(join(workspace, 'approved'))], [false, true])
    visit.assertQuiet()
  })

  test('[P02] a reload and a second tab in the middle of a run show the same, and follow it to the end', async () => {
    const held = newGate()
    await using world = await World.start({
      script: ({ turn }) =>
        turn === 0 ? tool('execute_bash', { command: 'echo first; echo second' }) : gate(held, finish),
    })
    await using visit = await surfer.visit(world.server.url)
    const first = await ConversationTab.begin(visit.tab, 'say it twice')
    await held.reached
    await first.state(text.now.thinking).waitFor()
    const seen = await first.rows()
    assert.match(seen.join('\n'), /say it twice[\s\S]*echo first[\s\S]*second/)
    await visit.tab.reload()
    await first.state(text.now.thinking).waitFor()
    assert.deepEqual(await first.rows(), seen)
    const second = new ConversationTab(await visit.another())
    await second.state(text.now.thinking).waitFor()
    assert.deepEqual(await second.rows(), seen)
    held.open()
    for (const each of [first, second]) await each.state(text.now.finished).waitFor()
    assert.deepEqual(await second.rows(), await first.rows())
    visit.assertQuiet()
  })

  test('[P10] [P01] the server is killed and started again below the open page, which carries on by itself', async () => {
    const held = newGate()
    const port = await freePort()
    await using world = await World.start({
      args: ['--port', String(port), '--resume'],
      script: ({ turn }) => (turn === 0 ? tool('execute_bash', { command: 'echo before' }) : gate(held, finish)),
    })
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'survive')
    await held.reached
    const rows = await conversation.rows()
    await world.server.kill()
    await conversation.state(text.link.now).waitFor()
    await conversation.field.fill('said without a line')
    await conversation.field.press('Enter')
    await world.restart()
    const restored = performance.now()
    await visit.tab.getByTitle(text.link.open).waitFor()
    await conversation.log.getByText('said without a line').waitFor()
    assert.deepEqual((await conversation.rows()).slice(0, rows.length - 1), rows.slice(0, -1))
    held.open()
    await conversation.state(text.now.finished).waitFor()
    process.stdout.write(`# carried on ${Math.round(performance.now() - restored)} ms after the restart\n`)
    visit.assertQuiet()
  })

  test('[P10] the line falls silent without an end: the page says so, and follows again when the server speaks', async () => {
    const held = newGate()
    await using world = await World.start({ script: () => gate(held, finish) })
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'be patient')
    await held.reached
    await conversation.state(text.now.thinking).waitFor()
    process.kill(world.server.pid, 'SIGSTOP')
    const silent = performance.now()
    await conversation.state('econnecting').waitFor()
    const noticed = performance.now() - silent
    // A second try runs into the same silence.
    await visit.tab.getByRole('button', { name: text.link.now }).waitFor()
    held.open()
    process.kill(world.server.pid, 'SIGCONT')
    const restored = performance.now()
    await conversation.state(text.now.finished).waitFor()
    const caught = performance.now() - restored
    process.stdout.write(
      `# silence noticed after ${Math.round(noticed)} ms, caught up after ${Math.round(caught)} ms\n`,
    )
    assert.ok(noticed <= 15_000 * 2, `${noticed} ms`)
    visit.assertQuiet()
  })

  test('[P10] 60 s of silence on the wire while the agent works: said, mended, and every event once', async () => {
    const held = newGate()
    const steps = 5
    await using line = await SilentLine.start()
    await using world = await World.start({
      args: ['--allowed-hosts', line.host],
      script: ({ turn }) => {
        if (turn > steps) return finish
        const step = tool('execute_bash', { command: `echo step-${turn}` })
        return turn === 1 ? gate(held, step) : step
      },
    })
    line.leadTo(world.server.url)
    await using visit = await surfer.visit(line.url)
    const { tab } = visit
    const came = eventsOf(tab)
    const conversation = await ConversationTab.begin(tab, 'work in silence')
    await held.reached
    await conversation.log.getByText('echo step-0').waitFor()
    await tab.getByTitle(text.link.open).waitFor()
    const before = came.length
    const witness = await world.connect({ session: conversation.session })
    const began = performance.now()
    const silence = line.fallSilent(60_000).then(() => performance.now())
    held.open()
    await conversation.state(text.link.silent(0)).waitFor()
    const noticed = performance.now() - began
    await witness.waitForState('finished')
    assert.equal(await tab.getByTitle(text.link.open).count(), 0)
    assert.equal(came.length, before, 'nothing came over the silent line')
    const restored = await silence
    await conversation.state(text.now.finished).waitFor()
    await tab.getByTitle(text.link.open).waitFor()
    const caught = performance.now() - restored
    process.stdout.write(`# silence told after ${Math.round(noticed)} ms, caught up after ${Math.round(caught)} ms\n`)
    const first = came[0] ?? 0
    const once = Array.from({ length: witness.lastId - first + 1 }, (_, at) => first + at)
    assert.deepEqual(came, once, 'every event once and in order')
    const shown = (await conversation.rows()).join('\n')
    assert.deepEqual(
      shown.match(/echo step-\d/g),
      Array.from({ length: steps + 1 }, (_, at) => `echo step-${at}`),
    )
    assert.ok(noticed <= 30_000, `told after ${noticed} ms`)
    assert.ok(caught <= 3_000 * 5, `caught up after ${caught} ms`)
    await witness.close()
    visit.assertQuiet()
  })

  test('[P18] the newest row stays in sight while a long message is written below it', async () => {
    await using world = await World.start({
      script: ({ turn }) => (turn < 6 ? tool('execute_bash', { command: `seq ${turn} ${turn + 9}` }) : finish),
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    const conversation = await ConversationTab.begin(tab, 'count')
    await conversation.state(text.now.finished).waitFor()
    const last = conversation.log.getByText('All is done')
    await last.waitFor()
    const room = async (): Promise<number> => {
      const [row, field] = [await last.boundingBox(), await conversation.field.boundingBox()]
      return (field?.y ?? 0) - (row?.y ?? Number.POSITIVE_INFINITY) - (row?.height ?? 0)
    }
    const before = await room()
    await conversation.field.fill('a line\n'.repeat(12))
    const field = await conversation.field.boundingBox()
    assert.ok((field?.height ?? 0) > 200, 'the field has grown')
    for (let frame = 0; frame < 120 && (await room()) < before - 1; frame++)
      await tab.evaluate('new Promise(drawn => requestAnimationFrame(drawn))')
    assert.ok((await room()) >= before - 1, `${await room()} pixels instead of ${before}`)
    visit.assertQuiet()
  })

  test('[P18] on a phone: a task, its approval, the panels and the board, with nothing to scroll sideways', async () => {
    await using world = await World.start({
      args: ['--confirmation', 'always'],
      script: ({ turn }) => (turn === 0 ? tool('execute_bash', { command: `echo ${'wide'.repeat(100)}` }) : finish),
    })
    await using visit = await surfer.visit(world.server.url, { width: 'phone' })
    const { tab } = visit
    const fits = async (): Promise<void> =>
      assert.equal(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, 'it fits')
    await fits()
    const conversation = await ConversationTab.begin(tab, 'be wide')
    await conversation.question.waitFor()
    await fits()
    await conversation.answer('echo wide', true)
    await conversation.state(text.now.finished).waitFor()
    await fits()
    const places = tab.getByRole('navigation', { name: text.panels.title })
    await places.getByRole('button', { name: text.panels.overview }).click()
    await tab
      .getByRole('tabpanel', { name: text.panels.overview })
      .getByText(text.overview.events, { exact: true })
      .waitFor()
    await fits()
    await places.getByRole('button', { name: text.panels.chat }).click()
    await conversation.log.waitFor()
    await tab.getByRole('link', { name: text.conversation.back }).click()
    await tab.getByRole('link', { name: 'be wide' }).waitFor()
    await fits()
    visit.assertQuiet()
  })

  test('[F12] by keyboard alone: a task, a refusal, an approval, the sheet of keys, the palette, the board', async () => {
    await using world = await World.start({
      args: ['--confirmation', 'always'],
      script: ({ turn }) =>
        turn < 2
          ? tools([{ name: 'execute_bash', args: { command: `touch by-key-${turn}` } }])
          : tool('finish', { message: 'Ended.' }),
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    const { keyboard } = tab
    const task = tab.getByLabel(text.home.field, { exact: true })
    await task.and(tab.locator(':focus')).waitFor()
    await keyboard.type('touch two files')
    await keyboard.press('Enter')
    const conversation = new ConversationTab(tab)
    await conversation.question.filter({ hasText: 'by-key-0' }).waitFor()
    await pressUntil(conversation, 'Control+Backspace', 'by-key-0')
    await conversation.state(text.now.input).waitFor()
    await keyboard.press('/')
    await conversation.field.and(tab.locator(':focus')).waitFor()
    await keyboard.type('the other one')
    await keyboard.press('Enter')
    await conversation.question.filter({ hasText: 'by-key-1' }).waitFor()
    await pressUntil(conversation, 'Control+Enter', 'by-key-1')
    await conversation.state(text.now.finished).waitFor()
    const workspace = join(world.dataDir, 'workspaces', conversation.session)
    assert.deepEqual(
      [0, 1].map(at => existsSync(join(workspace, `by-key-${at}`))),
      [false, true],
    )
    await keyboard.press('Tab')
    await keyboard.press('?')
    await tab.getByRole('dialog', { name: text.keys.title }).waitFor()
    await keyboard.press('Escape')
    await tab.getByRole('dialog').waitFor({ state: 'detached' })
    await keyboard.press('Control+k')
    await tab.getByRole('combobox', { name: text.palette.field }).and(tab.locator(':focus')).waitFor()
    await keyboard.type(text.app.home)
    await keyboard.press('Enter')
    const row = tab.getByRole('link', { name: 'touch two files' })
    await row.waitFor()
    while ((await row.and(tab.locator(':focus')).count()) === 0) await keyboard.press('Tab')
    await keyboard.press('Enter')
    await conversation.state(text.now.finished).waitFor()
    visit.assertQuiet()
  })
})

/** The ids of events as they come over the sockets that follow a session, in order. */
function eventsOf(tab: Page): readonly number[] {
  const ids: number[] = []
  tab.on('websocket', socket => {
    if (!socket.url().includes('deltas=true')) return
    socket.on('framereceived', ({ payload }) => {
      const frame = JSON.parse(String(payload)) as { id?: unknown } // the server's own words
      if (typeof frame.id === 'number') ids.push(frame.id)
    })
  })
  return ids
}

/** Presses a key that counts once the question can have been read, until that question is gone. */
async function pressUntil({ tab, question }: ConversationTab, key: string, about: string): Promise<void> {
  const dock = question.filter({ hasText: about })
  while ((await dock.count()) > 0) await tab.keyboard.press(key)
}
