import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { http, tool } from '../packages/server/src/testing/scripted-model/script.ts'
import { startScriptedModel } from '../packages/server/src/testing/scripted-model/server.ts'
import { ServerProcess, temporaryFolder } from '../packages/server/src/testing/server-process.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { settingsText, text, troubles } from '../packages/web/src/text.ts'
import { Surfer } from './browser.ts'
import { ConversationTab } from './conversation.ts'

/** A picture of one pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const KEY = 'sk-right-5f3a91c7d2'
const finish = tool('finish', { message: 'All is **done**.' })

describe('what goes wrong is said on the page, with its remedy', () => {
  let surfer: Surfer
  before(async () => {
    surfer = await Surfer.start()
  })
  after(() => surfer[Symbol.asyncDispose]())

  test('[P26] a wrong key is found out before it is saved; the right one is saved and works', async () => {
    await using model = await startScriptedModel({ script: () => finish, apiKey: KEY })
    await using folder = await temporaryFolder()
    await using server = await ServerProcess.start({ dataDir: folder.path })
    await using visit = await surfer.visit(server.url)
    const { tab } = visit
    await tab.getByRole('button', { name: text.setup.connect, exact: true }).click()
    const card = tab.getByRole('region', { name: text.setup.title })
    const key = card.getByLabel(text.settings.key, { exact: true })
    await card.getByLabel(text.settings.model, { exact: true }).fill('openai/some')
    await key.fill('sk-wrong-0123456789')
    await card.getByLabel(text.settings.baseUrl, { exact: true }).fill(model.baseUrl('chat'))
    const save = card.getByRole('button', { name: settingsText.test.andSave, exact: true })
    await save.click()
    const alert = tab.getByRole('alert').filter({ hasText: 'Incorrect API key provided' })
    await alert.waitFor()
    assert.doesNotMatch(await alert.innerText(), /sk-wrong-0123456789/)
    assert.equal(await key.getAttribute('aria-invalid'), 'true', 'the field that is wrong is marked')
    await key.fill(KEY)
    await save.click()
    await tab.getByRole('heading', { name: text.setup.title }).waitFor({ state: 'detached' })
    const conversation = await ConversationTab.begin(tab, 'say that all is done')
    await conversation.state(text.now.finished).waitFor()
    visit.assertQuiet()
  })

  test('[P26] a key that is refused in the middle is told in the provider’s words; the same session goes on', async () => {
    let refused = true
    await using world = await World.start({
      script: ({ turn }) => {
        if (turn === 0) return tool('execute_bash', { command: 'echo one' })
        return refused ? http(401) : finish
      },
    })
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'do two things')
    const { session } = conversation
    const failure = conversation.log.getByRole('article').filter({ hasText: 'refused the key (HTTP 401)' })
    await failure.getByRole('link', { name: text.conversation.toSettings }).waitFor()
    await conversation.log.getByText(troubles.get('STATUS$ERROR_LLM_AUTHENTICATION') ?? '').waitFor()
    assert.doesNotMatch(await visit.tab.locator('body').innerText(), /STATUS\$/)
    refused = false
    await conversation.say('the key is good again')
    await conversation.state(text.now.finished).waitFor()
    assert.equal(conversation.session, session)
    visit.assertQuiet()
  })

  test('a message that is refused comes back to who wrote it, with its picture; nothing else is lost', async () => {
    await using world = await World.start({ env: { LLM_MODEL: 'openai/gpt-3.5-turbo' }, script: () => finish })
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'be ready')
    await conversation.state(text.now.finished).waitFor()
    const choosing = visit.tab.waitForEvent('filechooser')
    await visit.tab.getByRole('button', { name: text.composer.attach }).click()
    await (await choosing).setFiles([{ name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from(PIXEL, 'base64') }])
    await visit.tab.getByAltText('dot.png').waitFor()
    await conversation.say('what is this?')
    await visit.tab.getByRole('alert').filter({ hasText: 'Model does not support image upload' }).waitFor()
    await visit.tab.getByRole('button', { name: text.composer.removeImage }).click()
    assert.equal(await conversation.field.inputValue(), 'what is this?')
    await visit.tab.getByRole('button', { name: text.composer.send, exact: true }).click()
    await conversation.log.getByText('what is this?').waitFor()
    await conversation.state(text.now.finished).waitFor()
    visit.assertQuiet()
  })

  test('[P11] a sandbox that cannot start says why and what to do, once for each try', async () => {
    await using folder = await temporaryFolder()
    const socket = join(folder.path, 'no-engine.sock')
    await using world = await World.start({
      args: ['--sandbox', 'docker'],
      env: { DOCKER_HOST: `unix://${socket}` },
      script: ({ turn }) => tool('execute_bash', { command: `echo ${turn}` }),
    })
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'do one thing')
    const failures = conversation.log.getByRole('article').filter({ hasText: 'no-engine.sock' })
    await conversation.state(text.now.error).waitFor()
    for (const failure of await failures.allInnerTexts()) assert.match(failure, /What to do/)
    const before = await failures.count()
    await conversation.say('try again')
    await failures.nth(before).waitFor()
    assert.doesNotMatch(await visit.tab.locator('body').innerText(), /STATUS\$/)
    visit.assertQuiet()
  })

  test('[P20] [P50] a limit that is met is named, and a word lets the agent go on', async () => {
    await using world = await World.start({
      args: ['--max-iterations', '2'],
      script: ({ turn }) => (turn < 3 ? tool('execute_bash', { command: `echo ${turn}` }) : finish),
    })
    await using visit = await surfer.visit(world.server.url)
    const conversation = await ConversationTab.begin(visit.tab, 'count')
    await conversation.log
      .getByText(/maximum iteration.*let it go on/)
      .first()
      .waitFor()
    await conversation.say('go on')
    await conversation.state(text.now.finished).waitFor()
    visit.assertQuiet()
  })
})
