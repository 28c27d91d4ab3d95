import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ReverseProxy } from '../packages/server/src/testing/reverse-proxy.ts'
import { tool } from '../packages/server/src/testing/scripted-model/script.ts'
import { ServerProcess, temporaryFolder } from '../packages/server/src/testing/server-process.ts'
import { TestAuthority } from '../packages/server/src/testing/test-authority.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { text } from '../packages/web/src/text.ts'
import { Surfer } from './browser.ts'
import { ConversationTab } from './conversation.ts'

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
