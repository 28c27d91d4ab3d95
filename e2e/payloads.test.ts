import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Draft } from '../packages/protocol/src/index.ts'
import { action, begun, ran } from '../packages/server/src/testing/events.ts'
import { newGate } from '../packages/server/src/testing/scripted-model/gate.ts'
import {
  gate,
  http,
  joined,
  text as says,
  thinking,
  tool,
} from '../packages/server/src/testing/scripted-model/script.ts'
import { ServerProcess, temporaryFolder } from '../packages/server/src/testing/server-process.ts'
import { SocketClient } from '../packages/server/src/testing/socket-client.ts'
import { World } from '../packages/server/src/testing/world.ts'
import { text } from '../packages/web/src/text.ts'
import { Surfer } from './browser.ts'
import { ConversationTab } from './conversation.ts'
import { payloads } from './payload-table.ts'
import { Sink } from './sink.ts'
import { storeSessions } from './stored-log.ts'

/** Where a text of somebody else is shown: each makes, of the text and the next id, what the log then holds. */
const surfaces: Readonly<Record<string, (words: string, id: number) => readonly Draft[]>> = {
  user: words => [action('message', { content: words }, { source: 'user' })],
  words: words => [action('message', { content: words })],
  thought: words => [action('think', { thought: words })],
  run: (words, id) => [
    action('run', { command: words, thought: words, security_risk: 2, security_reason: words }),
    ran(id, words, 1),
  ],
  python: (words, id) => [action('run_ipython', { code: words }), observed('run_ipython', id, words, { code: words })],
  write: (words, id) => [
    action('write', { path: words, content: words }),
    observed('write', id, words, { path: words }),
  ],
  edit: (words, id) => [
    action('edit', { path: words, command: 'str_replace', old_str: 'x', new_str: words }),
    observed('edit', id, words, { path: words, prev_exist: true, old_content: `x\n${words}`, new_content: words }),
  ],
  read: (words, id) => [action('read', { path: words }), observed('read', id, words, { path: words })],
  browse: (words, id) => [
    action('browse', { url: words }),
    observed('browse', id, words, { url: words, last_browser_action_error: words, open_pages_urls: [words] }),
  ],
  failed: (words, id) => [action('run', { command: 'true' }), observed('error', id, words, { error_id: words })],
  trouble: words => [observed('error', undefined, words, { error_id: words })],
  delegate: (words, id) => [
    action('delegate', { agent: words, inputs: { [words]: words } }),
    observed('delegate', id, words, { outputs: { [words]: words } }),
  ],
  finish: words => [action('finish', { thought: words, outputs: { [words]: words } })],
  plan: words => [planned(words)],
  task: words => [action('add_task', { parent: '', goal: words })],
  state: words => [action('change_agent_state', { agent_state: 'error', thought: words })],
}

/** Those that read it as markdown. */
const asMarkdown = new Set(['words', 'thought', 'finish'])

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size))
}

function observed(observation: string, cause: number | undefined, content: string, extras: object): Draft {
  const envelope = cause === undefined ? { source: 'environment' } : { source: 'agent', cause }
  return { ...envelope, observation, content, extras } as unknown as Draft // hostile on purpose; the store keeps it
}

function planned(words: string): Draft {
  const items = [{ text: words, state: 'doing' as const }] // some are longer than a plan takes; the store keeps them
  return { action: 'plan', source: 'agent', args: { items } }
}

/** What no text may have brought into the page: each as a line; with what is seen of the markers. */
const inspection = `(() => {
  const wrong = []
  const forbidden = 'script,iframe,object,embed,link,style,meta,base,video,audio,source,portal,template,frame,form[action],area,map,marquee,svg image,svg use,svg a,math'
  for (const node of document.querySelectorAll('#app ' + forbidden.split(',').join(',#app '))) wrong.push(node.outerHTML.slice(0, 200))
  for (const node of document.querySelectorAll('#app *')) {
    for (const { name, value } of node.attributes) {
      if (name.startsWith('on') || name === 'srcset' || name === 'ping' || name === 'formaction' || name === 'srcdoc') wrong.push(name + '=' + value)
      if (name === 'style' && /url\\(|expression|position: *fixed/i.test(value)) wrong.push('style=' + value)
      if (name === 'src' && !/^(blob:|data:image\\/(png|jpeg|gif|webp))/.test(value)) wrong.push('src=' + value)
      if (name === 'href' && !value.startsWith('#/')) {
        if (!/^(https?:|mailto:)/.test(value)) wrong.push('href=' + value)
        if (node.target !== '_blank' || !/noopener/.test(node.rel) || !/noreferrer/.test(node.rel)) wrong.push('a link that tells: ' + value)
        if (!node.textContent.includes(value)) wrong.push('a link that hides where it goes: ' + value)
      }
    }
  }
  return wrong
})()`

/** Goes through the whole log from its end to its beginning; resolves to all markers that were seen, and what was wrong. */
const reading = `(async () => {
  const seen = new Set()
  const wrong = new Set()
  const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
  const feed = document.querySelector('[role=feed]')
  const box = feed.parentElement
  const place = node => Number(/[\\d.]+/.exec(node.style.transform)?.[0])
  const look = () => {
    for (const [marker] of feed.textContent.matchAll(/m-[a-zA-Z]+-\\d+-/g)) seen.add(marker)
    for (const each of ${inspection}) wrong.add(each)
  }
  const unfold = async () => {
    look()
    for (const button of feed.querySelectorAll('button'))
      if (button.ariaExpanded === 'false' || button.textContent.startsWith(${JSON.stringify(text.common.showAll(0).slice(0, 8))})) button.click()
    await frame()
    look()
  }
  let top
  let still = 0
  while (still < 30) {
    await unfold()
    // What was drawn first is met again, whatever heights turn out to be: so no row is passed over.
    for (let back = 0; back < 40 && top && !top.isConnected; back++) {
      box.scrollTop += box.clientHeight * 0.3
      await frame()
      await unfold()
    }
    top = [...feed.querySelectorAll('article')].reduce((a, b) => (place(a) < place(b) ? a : b))
    const before = box.scrollTop
    box.scrollTop = Math.max(0, before - box.clientHeight * 0.6)
    await frame()
    const begun = box.scrollTop === 0 && before === 0 && !box.textContent.includes(${JSON.stringify(text.conversation.older)})
    still = begun ? still + 1 : 0
  }
  return { seen: [...seen], wrong: [...wrong] }
})()`

/** After this nothing goes on by itself. */
function ended(id: number): readonly Draft[] {
  return [action('finish', { thought: 'm-end-' }, { seen: id - 1 })]
}

async function inspect(tab: Page): Promise<void> {
  assert.deepEqual(await tab.evaluate(inspection), [])
}

describe('what others have written is only ever text', () => {
  let surfer: Surfer
  let sink: Sink
  let hostile: readonly string[] = []
  before(async () => {
    surfer = await Surfer.start()
    sink = await Sink.start()
    hostile = payloads(sink.url)
    assert.ok(hostile.length >= 200)
  })
  after(async () => {
    await surfer[Symbol.asyncDispose]()
    await sink[Symbol.asyncDispose]()
  })

  test('[S16] [S17] in every kind of row, from the last to the first', { timeout: 280_000 }, async () => {
    await using folder = await temporaryFolder()
    const parts = Object.entries(surfaces).flatMap(([name, draftsOf]) => {
      const marked = hostile.map((payload, at) => `m-${name}-${at}-\n\n${payload}`)
      // What one text leaves open in markdown another must not close; elsewhere they do not meet.
      const rows = asMarkdown.has(name) ? marked : chunks(marked, 12).map(each => each.join('\n'))
      return rows.map(words => (id: number) => draftsOf(words, id))
    })
    const [session] = await storeSessions(folder.path, [[() => begun, ...parts, ended]])
    await using server = await ServerProcess.start({ dataDir: folder.path })
    await using visit = await surfer.visit(`${server.url}/#/conversations/${session}`, {
      viewport: { width: 1280, height: 8000 },
    })
    const conversation = new ConversationTab(visit.tab)
    await conversation.log.getByRole('article').first().waitFor()
    const { seen, wrong } = (await visit.tab.evaluate(reading)) as { seen: string[]; wrong: string[] } // the script's own answer
    assert.deepEqual(wrong, [])
    const wanted = hostile.flatMap((_, at) => Object.keys(surfaces).map(name => `m-${name}-${at}-`))
    assert.deepEqual(
      wanted.filter(each => !seen.includes(each)),
      [],
      'each was seen',
    )
    assert.deepEqual(sink.visitors, [])
    visit.assertQuiet()
  })

  test('[S16] as a title: on the board, in the search, beside and above the conversation', async () => {
    await using folder = await temporaryFolder()
    const titles = hostile.map((payload, at) => `m-${at}- ${payload}`.slice(0, 200))
    await storeSessions(
      folder.path,
      titles.map(title => [() => begun, () => [action('rename', { title }, { source: 'user' })], ended]),
    )
    await using server = await ServerProcess.start({ dataDir: folder.path })
    await using visit = await surfer.visit(server.url)
    const { tab } = visit
    await tab.getByRole('link', { name: `m-${hostile.length - 1}-` }).waitFor()
    await inspect(tab)
    const shown = await tab.getByRole('listitem').getByRole('link').count()
    assert.ok(shown >= 200, `${shown} rows`)
    for (const title of titles) await tab.getByRole('searchbox').fill(`${title}?`)
    await tab.getByText(text.home.noMatch('m-').slice(0, 12)).waitFor()
    await inspect(tab)
    await tab.getByRole('searchbox').fill('')
    await tab.getByRole('link', { name: `m-${hostile.length - 1}-` }).click()
    const conversation = new ConversationTab(tab)
    await conversation.log.waitFor()
    await inspect(tab)
    const client = await SocketClient.connect(server.url, { session: conversation.session })
    for (const [at, title] of titles.entries()) {
      client.send({ action: 'rename', args: { title: `r-${at}- ${title}`.slice(0, 200) } })
      if (at % 20 === 0 || at === titles.length - 1) {
        await tab
          .getByRole('heading', { level: 1 })
          .filter({ hasText: `r-${at}-` })
          .waitFor()
        await inspect(tab)
      }
    }
    await client.close()
    assert.deepEqual(sink.visitors, [])
    visit.assertQuiet()
  })

  test('[S16] while it is written, while it is asked about, while it runs, and as the error of a provider', async () => {
    const all = hostile.join('\n\n')
    const written = newGate()
    await using world = await World.start({
      args: ['--confirmation', 'always'],
      script: ({ turn }) => {
        if (turn === 0) {
          const command = `cat <<'E-O-F'\n${all.replaceAll('\u0000', '')}\nE-O-F`
          const answer = joined([thinking(all, says(`${all}\n\nm-words-end-`)), tool('execute_bash', { command })])
          return answer
        }
        return gate(
          written,
          http(400, {}, { error: { message: `${all} m-error-end-`, type: 'invalid_request_error' } }),
        )
      },
    })
    await using visit = await surfer.visit(world.server.url)
    const { tab } = visit
    const conversation = await ConversationTab.begin(tab, all)
    await conversation.question.getByText('E-O-F').first().waitFor()
    await inspect(tab)
    await conversation.answer('E-O-F', true)
    await tab.getByText('m-words-end-').first().waitFor()
    await inspect(tab)
    written.open()
    await conversation.log.getByText(text.conversation.trouble, { exact: true }).first().waitFor()
    await inspect(tab)
    assert.deepEqual(sink.visitors, [])
    visit.assertQuiet()
  })
})
