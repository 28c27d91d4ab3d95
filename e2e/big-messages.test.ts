import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { tool } from '../packages/server/src/testing/scripted-model/script.ts'
import { temporaryFolder } from '../packages/server/src/testing/server-process.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { text } from '../packages/web/src/text.ts'
import { Surfer } from './browser.ts'
import { ConversationTab } from './conversation.ts'

/** Nothing longer goes to a page in one piece. */
const ONE_PIECE = 256 * 1024
const NODES = 3_000
const OUTPUT = 50_000_000
const PASTED = 10_000_000
/** Characters that a message may have. */
const MOST = 100_000
const finish = tool('finish', { message: 'Read.' })

describe('messages of megabytes', () => {
  let surfer: Surfer
  before(async () => {
    surfer = await Surfer.start()
  })
  after(() => surfer[Symbol.asyncDispose]())

  test('[P39] a command prints 50 MB: its ends are shown, what is kept of it can be saved, and the page goes on', async () => {
    const command = `head -c ${OUTPUT} /dev/zero | tr '\\0' x`
    await using world = await World.start({
      script: ({ turn }) => (turn === 0 ? tool('execute_bash', { command }) : finish),
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    const line = lineOf(tab)
    const conversation = await ConversationTab.begin(tab, 'print a lot')
    await conversation.state(text.now.finished).waitFor()
    const saving = tab.waitForEvent('download')
    await conversation.log.getByRole('button', { name: `${text.act.whole} (47.7 MB)` }).click()
    const saved = await readFile(await (await saving).path(), 'latin1')
    const [note = '', missing = '0'] = /\n\[(\d+) bytes were not kept\]\n/.exec(saved) ?? []
    assert.equal(saved.length - note.length + Number(missing), OUTPUT, 'what is not there is said in its place')
    assert.ok(saved.length >= 20_000_000, `${saved.length} bytes are kept`)
    await conversation.say('and on we go')
    await conversation.log.getByText('Read.').nth(1).waitFor()
    assert.ok(line.longest <= ONE_PIECE, `${line.longest} characters in one piece`)
    assert.equal(line.sockets, 1, 'the connection lives')
    assert.ok((await nodesOf(tab)) <= NODES)
    visit.assertQuiet()
  })

  test('[P39] 10 MB are pasted: told before anything is sent, with the remedy, and the draft stays; what fits is sent', async () => {
    await using world = await World.start({ script: () => finish })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    await visit.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const line = lineOf(tab)
    const conversation = await ConversationTab.begin(tab, 'wait for a text')
    await conversation.state(text.now.finished).waitFor()
    await conversation.field.fill('What is this? ')
    await paste(tab, 'word '.repeat(PASTED / 5))
    await tab.getByText(text.composer.tooLong(PASTED, MOST)).waitFor()
    assert.equal(await conversation.field.inputValue(), 'What is this? ')
    // Put in by other ways it is told as well, and stays.
    await conversation.field.fill('x'.repeat(120_000))
    await tab.getByText(text.composer.tooLong(120_000, MOST)).waitFor()
    assert.equal(await tab.getByRole('button', { name: text.composer.send, exact: true }).isDisabled(), true)
    await conversation.field.fill('')
    await paste(tab, 'a line of a long text\n'.repeat(4_000))
    await tab.getByRole('button', { name: text.composer.send, exact: true }).click()
    await conversation.log.getByText('Read.').nth(1).waitFor()
    const clipped = conversation.log.getByRole('button', { name: text.common.showAll(4_000) })
    await clipped.waitFor()
    await tab.reload()
    await clipped.click()
    await conversation.log.getByRole('button', { name: text.common.showLess }).waitFor()
    assert.ok(line.longest <= ONE_PIECE, `${line.longest} characters in one piece`)
    assert.equal(line.sockets, 2, 'one before the reload and one after it')
    assert.ok((await nodesOf(tab)) <= NODES)
    visit.assertQuiet()
  })

  test('[P39] a picture of 20 MB is made smaller before it is sent; one of 60 MB is refused with the limit', async () => {
    await using folder = await temporaryFolder()
    await using world = await World.start({ script: () => finish })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    const line = lineOf(tab)
    const conversation = await ConversationTab.begin(tab, 'wait for a picture')
    await conversation.state(text.now.finished).waitFor()
    const picture = await tab.screenshot()
    const files = [20, 60].map(size => ({ size, path: join(folder.path, `of-${size}-mb.png`) }))
    for (const { path, size } of files) await writeFile(path, Buffer.concat([picture, Buffer.alloc(size * 1_000_000)])) // what follows a picture is passed over
    await conversation.field.fill('What is on it?')
    for (const { path } of files.toReversed()) {
      const choosing = tab.waitForEvent('filechooser')
      await tab.getByRole('button', { name: text.composer.attach }).click()
      await (await choosing).setFiles(path)
      if (path.includes('60')) await tab.getByText(text.composer.tooBig('of-60-mb.png')).waitFor()
    }
    await tab.getByRole('img', { name: 'of-20-mb.png' }).waitFor()
    assert.equal(await conversation.field.inputValue(), 'What is on it?')
    await tab.getByRole('button', { name: text.composer.send, exact: true }).click()
    await conversation.log.getByText('Read.').nth(1).waitFor()
    await conversation.log.getByRole('img', { name: text.conversation.image }).waitFor()
    assert.ok(line.longest <= ONE_PIECE, `${line.longest} characters in one piece`)
    assert.equal(line.sockets, 1, 'the connection lives')
    visit.assertQuiet()
  })
})

/** The sockets that have followed sessions in a tab, and the longest piece that came or went over them. */
function lineOf(tab: Page): { readonly sockets: number; readonly longest: number } {
  const line = { sockets: 0, longest: 0 }
  tab.on('websocket', socket => {
    if (!socket.url().includes('deltas=true')) return
    line.sockets++
    const note = ({ payload }: { payload: string | Buffer }): void => {
      line.longest = Math.max(line.longest, payload.length)
    }
    socket.on('framereceived', note)
    socket.on('framesent', note)
  })
  return line
}

async function paste(tab: Page, words: string): Promise<void> {
  await tab.evaluate(`navigator.clipboard.writeText(${JSON.stringify(words)})`)
  await tab.keyboard.press('Control+v')
}

async function nodesOf(tab: Page): Promise<number> {
  return (await tab.evaluate('document.querySelectorAll("*").length')) as number // a number is asked for
}
