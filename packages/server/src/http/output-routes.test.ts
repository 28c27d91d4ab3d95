import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BrowserInfo, isAction, type Observation, type SessionId } from '@openhands/protocol'
import { ask, hostileNames } from '../testing/api-client.ts'
import { follow } from '../testing/follow.ts'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { outputRoutes } from './output-routes.ts'

describe('what is too big for an event', () => {
  let world: RoutesWorld
  let id: SessionId
  let base = ''

  before(async () => {
    world = await startRoutes([outputRoutes])
    id = (await world.session()).id
    base = `${world.url}/api/conversations/${id}`
  })
  after(() => world[Symbol.asyncDispose]())

  /** What a command of the user's gave, once it is in the log. */
  const observed = async (command: string, hidden = false): Promise<Observation> => {
    const { stream, ...session } = await world.parts.manager.open(id).then(one => ({ stream: one.stream, one }))
    const from = stream.state.next
    const draft = { action: 'run', source: 'user', args: runArgs(command, hidden) } as const
    await session.one.dispatch({ kind: 'act', draft })
    for await (const { event } of follow(stream, from, AbortSignal.timeout(60_000)))
      if (!isAction(event) && event.observation === 'run') return event
    throw new Error('never observed')
  }

  test('[S15] the whole output of a command comes as an attachment, where the event has head and tail too', async () => {
    const short = await observed('echo short')
    const small = await ask(`${base}/events/${short.id}/output`)
    assert.deepEqual([small.status, small.text], [200, short.content])
    const long = await observed('seq 1 60000')
    assert.ok(long.observation === 'run' && long.extras.whole_output)
    assert.ok(long.content.length < long.extras.whole_output.bytes)
    const { status, headers, text } = await ask(`${base}/events/${long.id}/output`)
    assert.equal(status, 200)
    const lines = text.split(/\r?\n/).filter(line => line !== '')
    assert.deepEqual([lines.length, lines[0], lines[30_000], lines.at(-1)], [60_000, '1', '30001', '60000'])
    assert.match(headers.get('content-type') ?? '', /^text\/plain/)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.match(headers.get('content-disposition') ?? '', /^attachment; filename="output-\d+\.txt"$/)
    await world.parts.manager.close(id)
    assert.equal((await ask(`${base}/events/${long.id}/output`)).status, 404, 'the sandbox kept it, and has gone')
    assert.equal((await ask(`${base}/events/${short.id}/output`)).text, short.content)
  })

  test('[S09] [S10] [wire D2.9] hidden outputs, other events and strange names have none', async () => {
    const hidden = await observed('echo the-secret', true)
    for (const name of [...hostileNames, String(hidden.id), '0', '999999', '-1', '1e3', '1.5']) {
      const { status, text } = await ask(`${base}/events/${name}/output`)
      assert.ok([400, 404, 414, 422].includes(status), `${name}: ${status}`)
      assert.doesNotMatch(text, /the-secret/)
    }
    assert.equal((await ask(`${world.url}/api/conversations/${'0'.repeat(32)}/events/0/output`)).status, 404)
  })

  test('what the browser showed last is told from the log, with a sandbox and without', async () => {
    assert.equal(BrowserInfo.parse((await ask(`${base}/browser`)).json).page, null)
    const { stream } = await world.parts.manager.open(id)
    const page = { url: 'http://a.example/', open_pages_urls: ['http://a.example/', 'http://b.example/'] }
    const extras = { ...browsed, ...page, active_page_index: 0, screenshot_url: '/api/conversations/x/blobs/y' }
    const [event] = await stream.append({ observation: 'browse', source: 'agent', content: 'seen', extras })
    await stream.append(...Array.from({ length: 450 }, () => ({ ...said, args: { ...said.args } })))
    await world.parts.manager.close(id)
    const { running, page: shown } = BrowserInfo.parse((await ask(`${base}/browser`)).json)
    const expected = { event: event?.id, url: page.url, tabs: page.open_pages_urls, active_tab: 0, error: '' }
    assert.deepEqual([running, shown], [false, { ...expected, screenshot: extras.screenshot_url }])
    assert.equal((await ask(`${world.url}/api/conversations/${'0'.repeat(32)}/browser`)).status, 404)
  })
})

const browsed = {
  trigger_by_action: 'browse',
  screenshot: '',
  error: false,
  dom_object: {},
  axtree_object: {},
  extra_element_properties: {},
  last_browser_action: '',
  last_browser_action_error: '',
  focused_element_bid: '',
}
const said = {
  action: 'message',
  source: 'agent',
  args: { content: 'words', image_urls: null, wait_for_response: false },
} as const

function runArgs(command: string, hidden: boolean) {
  const args = { thought: '', blocking: false, keep_prompt: true, is_input: false } as const
  return { ...args, command, hidden, confirmation_state: 'confirmed' } as const
}
