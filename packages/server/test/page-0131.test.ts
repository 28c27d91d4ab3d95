import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { newGate } from '../src/testing/scripted-model/gate.ts'
import type { NormalizedRequest } from '../src/testing/scripted-model/request.ts'
import { gate, type Reply, text, tool } from '../src/testing/scripted-model/script.ts'
import { type SocketClient, stateOf } from '../src/testing/socket-client.ts'
import { World } from '../src/testing/world.ts'

type Frame = Record<string, unknown>

/** The settings as the page sends them: first of all, empty fields and all (wire A2.1). */
function settings(confirms = false): object {
  const empty = { LLM_MODEL: '', LLM_BASE_URL: '', LLM_API_KEY: '', SECURITY_ANALYZER: '' }
  return {
    action: 'initialize',
    args: { ...empty, AGENT: 'CodeActAgent', LANGUAGE: 'en', CONFIRMATION_MODE: confirms },
  }
}

const become = (agent_state: string): object => ({ action: 'change_agent_state', args: { agent_state } })
const say = (content: string): object => ({
  action: 'message',
  args: { content, image_urls: [], timestamp: '2024-11-12T16:27:06.123Z' },
})
const type = (command: string, hidden = false): object => ({ action: 'run', args: { command, hidden } })

/** Opens the socket as the page does: `initialize` is sent when it opens, before anything was received. */
async function open(world: World, token = 'NO_JWT', confirms = false): Promise<SocketClient> {
  const page = await world.connect({ protocols: ['openhands', token, 'NO_GITHUB'] })
  page.send(settings(confirms))
  return page
}

async function tokenOf(page: SocketClient): Promise<string> {
  return (await page.waitFor<{ token: string }>(frame => 'token' in frame)).token
}

const states = (page: SocketClient): readonly unknown[] => page.frames.map(frame => stateOf(frame)).filter(Boolean)
const isOutput = (content: string) => (frame: Frame) => frame.observation === 'run' && frame.content === content
/** What one can see of a frame that is no event: its kind, and of an event what it is about. */
const told = (page: SocketClient): readonly unknown[] =>
  page.frames.map(frame => stateOf(frame) || frame.id || Object.keys(frame)[0])

/** "say x" says x and waits; "run x" runs it, "run x | y" then y, and finishes; "wait" waits for the test. */
function scripted(held: { readonly gate: ReturnType<typeof newGate> }) {
  return ({ lastUserText, messages }: NormalizedRequest): Reply => {
    const [, word, rest = ''] = /(say|run|wait) ?(.*)$/m.exec(lastUserText) ?? []
    if (word === 'say') return text(rest)
    if (word === 'wait') return gate(held.gate, text('waited'))
    if (word === 'run' && messages.at(-1)?.role === 'user')
      return tool('execute_bash', { command: rest }, { text: 'thinking' })
    return tool('finish', { message: 'Done.' })
  }
}

describe('the journey of a 0.13.1 page', () => {
  let world: World
  const held = { gate: newGate() }
  before(async () => {
    world = await World.start({ script: scripted(held) })
  })
  after(() => world[Symbol.asyncDispose]())

  test('[wire A2.1] [wire C12] first start: token, loading, statuses that end with the blank one, init; nothing else', async () => {
    const page = await open(world)
    await page.waitForState('init')
    const { token: _, ...first } = page.frames[0] ?? {}
    assert.deepEqual(first, { status: 'ok' })
    assert.equal(stateOf(page.frames[1]), 'loading')
    assert.equal(stateOf(page.frames.at(-1)), 'init')
    const statuses = page.frames.slice(2, -1)
    assert.ok(statuses.length >= 2 && statuses.every(frame => frame.status_update === true), page.trail())
    assert.deepEqual(statuses[0], {
      status_update: true,
      type: 'info',
      id: 'STATUS$STARTING_RUNTIME',
      message: 'Starting runtime...',
    })
    assert.deepEqual(statuses.at(-1), { status_update: true, type: 'info', id: ' ', message: '' })
    const loading = page.frames[1] ?? {}
    assert.deepEqual(Object.keys(loading), ['id', 'timestamp', 'source', 'message', 'observation', 'content', 'extras'])
    assert.match(String(loading.timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/)
    await page.close()
  })

  test('[wire C12] [wire A2.4] task, answer, terminal, a hidden command, `{oops`, /exit: what the original sent, nothing of the user', async () => {
    const page = await open(world)
    await page.waitForState('init')
    page.send(say('run echo foo'))
    await page.waitForState('finished')
    const run = page.frames.find(frame => frame.action === 'run') ?? {}
    assert.deepEqual([run.source, run.message], ['agent', 'Running command: echo foo'])
    assert.deepEqual([Object(run.args).blocking, Object(run.args).thought], [true, 'thinking'])
    const output = page.frames.find(isOutput('echo foo\r\nfoo')) ?? assert.fail(page.trail())
    assert.deepEqual([output.cause, output.source], [run.id, 'agent'])
    page.send(type('echo term; echo line'))
    const typed = await page.waitFor(isOutput('term\r\nline'), 'the output')
    assert.equal(typed.source, 'user')
    page.send(type('export GITHUB_TOKEN=canary-of-the-page', true))
    await page.waitFor(
      frame => frame.observation === 'run' && Object(frame.extras).hidden === true,
      'the hidden output',
    )
    page.send({ action: 'read', args: { path: 'nope.txt' } })
    const missing = await page.waitFor(frame => frame.observation === 'error', 'the failure')
    assert.equal(missing.source, 'agent')
    page.send('{oops')
    await page.waitFor(frame => JSON.stringify(frame) === '{"error":true,"message":"Invalid JSON"}', 'the refusal')
    const before = world.model.requests.length
    page.send(say('/exit'))
    await page.waitForState('finished', 2)
    assert.equal(world.model.requests.length, before, 'the model was not asked')
    assert.ok(!page.frames.some(frame => frame.source === 'user' && 'action' in frame), page.trail())
    await page.close()
    const back = await open(world, await tokenOf(page))
    await back.waitForState('finished')
    assert.ok(back.frames.some(isOutput('term\r\nline')), 'typed commands are history')
    assert.ok(
      back.frames.some(frame => frame.source === 'user' && frame.action === 'message'),
      'and so are the user’s words',
    )
    assert.ok(!JSON.stringify(back.frames).includes('canary-of-the-page'), '[wire D2.9] hidden ones are not repeated')
    await back.close()
  })

  test('[wire A8.8] [wire D2.3] confirmation: asked, confirmed, carried out; asked, rejected, not carried out', async () => {
    const page = await open(world, 'NO_JWT', true)
    await page.waitForState('init')
    page.send(say('run touch yes'))
    await page.waitForState('awaiting_user_confirmation')
    const asked = page.frames.find(frame => frame.action === 'run')
    assert.equal(Object(asked?.args).confirmation_state, 'awaiting_confirmation')
    page.send(become('user_confirmed'))
    await page.waitForState('finished')
    const confirmed = ['awaiting_user_confirmation', 'user_confirmed', 'running', 'finished']
    assert.deepEqual(states(page), ['loading', 'init', 'running', ...confirmed])
    page.send(say('run touch no'))
    await page.waitForState('awaiting_user_confirmation', 2)
    page.send(become('user_rejected'))
    await page.waitForState('awaiting_user_input')
    assert.deepEqual(states(page).slice(-4), [
      'running',
      'awaiting_user_confirmation',
      'user_rejected',
      'awaiting_user_input',
    ])
    assert.ok(page.frames.some(frame => frame.observation === 'user_rejected'))
    const folder = join(world.dataDir, 'workspaces', page.session)
    assert.deepEqual(
      ['yes', 'no'].map(name => existsSync(join(folder, name))),
      [true, false],
    )
    await page.close()
  })

  test('[P13] a question that is open when the page comes back is told of, and can be answered', async () => {
    const page = await open(world, 'NO_JWT', true)
    await page.waitForState('init')
    page.send(say('run touch later'))
    await page.waitForState('awaiting_user_confirmation')
    await page.close()
    const back = await open(world, await tokenOf(page), true)
    await back.waitForState('awaiting_user_confirmation')
    const words = back.frames.map(frame => stateOf(frame) || frame.action).filter(Boolean)
    assert.deepEqual(words, ['message', 'run', 'loading', 'init', 'awaiting_user_confirmation'])
    back.send(become('user_confirmed'))
    await back.waitForState('finished')
    await back.close()
  })

  test('[wire A2.3] pause, the same again, resume, stop, a message after the stop, Continue', async () => {
    held.gate = newGate()
    const page = await open(world)
    await page.waitForState('init')
    page.send(say('wait'))
    await page.waitForState('running')
    page.send(become('paused'))
    page.send(become('paused'))
    await page.waitForState('paused')
    page.send(become('running'))
    await page.waitForState('running', 2)
    page.send(become('stopped'))
    await page.waitForState('stopped')
    held.gate.open()
    page.send(say('say hello'))
    await page.waitForState('awaiting_user_input')
    page.send(say('Continue'))
    await page.waitForState('finished')
    const all = ['paused', 'running', 'stopped', 'running', 'awaiting_user_input', 'running', 'finished']
    assert.deepEqual(states(page), ['loading', 'init', 'running', ...all])
    assert.ok(!page.frames.some(frame => 'error' in frame), page.trail())
    await page.close()
  })

  test('[wire A1.3] [wire A1.4] reload: the same token, history without states, then loading, init and the state; a second tab sees on', async () => {
    const page = await open(world)
    await page.waitForState('init')
    page.send(say('say hello'))
    await page.waitForState('awaiting_user_input')
    const token = await tokenOf(page)
    const tab = await open(world, token)
    await tab.waitForState('awaiting_user_input')
    assert.deepEqual(tab.frames[0], { token, status: 'ok' })
    const [mine, answer, ...rest] = tab.frames.slice(1)
    assert.deepEqual(
      [mine?.source, mine?.message, answer?.source, answer?.message],
      ['user', 'say hello', 'agent', 'hello'],
    )
    assert.deepEqual(rest.map(stateOf), ['loading', 'init', 'awaiting_user_input'])
    page.send(say('say again'))
    for (const each of [page, tab]) {
      await each.waitFor(frame => frame.message === 'again', 'the answer')
      await each.waitFor(() => stateOf(each.frames.at(-1)) === 'awaiting_user_input')
    }
    const last = (each: SocketClient): readonly unknown[] => each.frames.slice(-3).map(({ id }) => id)
    assert.deepEqual(last(tab), last(page), '[wire D2.10] one log, one numbering')
    const events = told(page).length
    page.send(settings())
    await page.waitForState('awaiting_user_input', 3)
    assert.deepEqual(
      states(page).slice(-3),
      ['loading', 'init', 'awaiting_user_input'],
      '[wire D2.5] asked twice, told twice',
    )
    assert.equal(told(page).length, events + 3, 'and nothing else happens')
    await Promise.all([page, tab].map(each => each.close()))
    const cursor = Number(answer?.id)
    const some = await world.connect({ cursor, protocols: ['openhands', token, 'NO_GITHUB'] })
    some.send(settings())
    await some.waitForState('awaiting_user_input')
    assert.ok(some.events[0] && some.events[0].id > cursor, '[wire C12] with a cursor: from the next on')
    await some.close()
  })

  test('[wire A3.1] [wire D1.5] what is typed in one tab is shown in the other and does not come back to the first', async () => {
    const page = await open(world)
    await page.waitForState('init')
    const tab = await open(world, await tokenOf(page))
    await tab.waitForState('init')
    const plain = await world.connect({ session: page.session })
    page.send(say('say from the first'))
    await page.waitForState('awaiting_user_input')
    tab.send(say('say from the second'))
    await page.waitForState('awaiting_user_input', 2)
    plain.say('say from elsewhere')
    for (const each of [page, tab]) await each.waitFor(frame => frame.message === 'from elsewhere', 'the last answer')
    const typed = (each: SocketClient): readonly unknown[] =>
      each.frames.flatMap(({ action, source, message }) => (action === 'message' && source === 'user' ? [message] : []))
    assert.deepEqual(typed(page).toSorted(), ['say from elsewhere', 'say from the second'])
    assert.deepEqual(typed(tab).toSorted(), ['say from elsewhere', 'say from the first'])
    await Promise.all([page, tab, plain].map(each => each.close()))
  })

  test('[wire A5.4] [wire A5.5] [wire A5.6] [wire A5.7] [wire A5.10] files: listed, opened, saved, uploaded, taken away', async () => {
    const page = await open(world)
    await page.waitForState('init')
    const authorization = `Bearer ${await tokenOf(page)}`
    const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(world.server.url + path, { ...init, headers: { authorization, ...init.headers } })
    const json = async (path: string, init?: RequestInit): Promise<unknown> => (await ask(path, init)).json()
    page.send(type('mkdir sub; echo hello > sub/f.txt'))
    await page.waitFor(frame => frame.observation === 'run', 'the output')
    assert.deepEqual(await json('/api/list-files'), ['sub/'])
    assert.deepEqual(await json('/api/list-files?path=sub/'), ['sub/f.txt'])
    assert.deepEqual(await json('/api/select-file?file=sub/f.txt'), { code: 'hello\n' })
    const body = JSON.stringify({ filePath: 'sub/f.txt', content: 'changed\n' })
    const headers = { 'content-type': 'application/json' }
    assert.deepEqual(await json('/api/save-file', { method: 'POST', headers, body }), {
      message: 'File saved successfully',
    })
    const form = new FormData()
    form.append('files', new Blob(['up']), 'a b.txt')
    assert.deepEqual(await json('/api/upload-files', { method: 'POST', body: form }), {
      message: 'File upload process completed',
      uploaded_files: ['ab.txt'],
      skipped_files: [],
    })
    page.send(type('cat sub/f.txt ab.txt'))
    await page.waitFor(isOutput('changed\r\nup'), 'what the files hold')
    const zip = await ask('/api/zip-directory')
    assert.deepEqual(
      [
        zip.status,
        zip.headers.get('content-disposition'),
        Buffer.from(await zip.arrayBuffer()).toString('latin1', 0, 2),
      ],
      [200, 'attachment; filename="workspace.zip"', 'PK'],
    )
    const stranger = await fetch(`${world.server.url}/api/list-files`)
    assert.deepEqual([stranger.status, await stranger.json()], [401, { error: 'Missing Authorization header' }])
    await page.close()
  })

  test('[wire A1.4] [wire D2.6] a message before any initialize is not lost', async () => {
    const page = await world.connect({ protocols: ['openhands', 'NO_JWT', 'NO_GITHUB'] })
    page.send(say('say early'))
    page.send(settings())
    await page.waitFor(frame => frame.message === 'early', 'the answer')
    assert.ok(states(page).includes('init'))
    await page.close()
  })

  const strange: [string, string | Buffer][] = [
    ['an unknown action', '{"action":"dance","args":{}}'],
    ['arguments that do not fit', '{"action":"run","args":{"cmd":"x"}}'],
    ['no object', '[1]'],
    ['no action', '{}'],
    ['a state that is none', '{"action":"change_agent_state","args":{"agent_state":"asleep"}}'],
    ['an agent that is none', '{"action":"initialize","args":{"AGENT":"NoSuchAgent"}}'],
    ['a binary frame', Buffer.from('{}')],
  ]
  test('[wire D2.1] [wire D2.8] what the original died of is answered with an error, and the page goes on', async () => {
    const page = await open(world)
    await page.waitForState('init')
    for (const [index, [what, frame]] of strange.entries()) {
      page.socket.send(frame)
      await page.waitFor(() => page.frames.filter(each => each.error === true).length === index + 1, what)
      const { error, message, ...more } = page.frames.at(-1) ?? {}
      assert.deepEqual([error, typeof message, more], [true, 'string', {}], what)
    }
    page.send(say('say on'))
    await page.waitFor(frame => frame.message === 'on', 'the answer')
    await page.close()
  })
})

test('[wire A1.4] [P03] after a restart of the server the page goes on where it was', async () => {
  await using world = await World.start({ script: scripted({ gate: newGate() }) })
  const page = await open(world)
  await page.waitForState('init')
  page.send(say('run echo foo'))
  await page.waitForState('finished')
  const token = await tokenOf(page)
  await world.restart()
  const back = await open(world, token)
  await back.waitForState('finished')
  assert.ok(back.frames.some(isOutput('echo foo\r\nfoo')), back.trail())
  assert.deepEqual(states(back), ['loading', 'init', 'finished'])
  back.send(say('say hello'))
  await back.waitForState('awaiting_user_input')
  back.send(type('echo here'))
  await back.waitFor(isOutput('here'), 'the output')
  await back.close()
})

test('[wire D1.1] [wire A1.6] frames of replay and of now come apart, and none is lost', async () => {
  await using world = await World.start({ script: scripted({ gate: newGate() }) })
  const page = await open(world)
  await page.waitForState('init')
  const plain = await world.connect({ session: page.session })
  const TYPED = 12
  const began = performance.now()
  for (let i = 0; i < TYPED; i++) page.send({ action: 'finish', args: { thought: `t${i}` } })
  for (let i = 0; i < TYPED; i++) page.send(type(`echo ${i}`))
  await plain.waitFor(frame => frame.observation === 'run' && String(frame.content).trim() === `${TYPED - 1}`)
  await page.waitFor(isOutput(`${TYPED - 1}`), 'the last output')
  assert.ok(performance.now() - began >= TYPED * 100, 'the page was sent at least so many frames')
  const token = await tokenOf(page)
  const again = performance.now()
  const tab = await open(world, token)
  await tab.waitFor(() => stateOf(tab.frames.at(-1)) === 'finished', 'the state')
  const frames = tab.frames.length
  assert.ok(frames >= TYPED * 3, tab.trail())
  const took = performance.now() - again
  assert.ok(took >= (frames - 2) * 100, `${frames} frames in ${took} ms`)
  await Promise.all([page, plain, tab].map(each => each.close()))
})

test('[wire C5] [wire D2.7] at its limit the agent says so in a status and pauses; the play button lets it go on', async () => {
  let step = 0
  await using world = await World.start({ script: () => tool('execute_bash', { command: `echo ${step++}` }) })
  const page = await world.connect({ protocols: ['openhands', 'NO_JWT', 'NO_GITHUB'] })
  page.send({ action: 'initialize', args: { MAX_ITERATIONS: 2 } })
  await page.waitForState('init')
  page.send(say('count'))
  await page.waitForState('paused')
  const status = page.frames.find(frame => frame.type === 'error')
  assert.deepEqual([status?.status_update, status?.id], [true, ''])
  assert.match(String(status?.message), /^Agent reached maximum iteration\. Current iteration: 2/)
  assert.ok(page.frames.some(isOutput('echo 1\r\n1')), page.trail())
  page.send(become('running'))
  await page.waitForState('paused', 2)
  assert.ok(page.frames.some(isOutput('echo 3\r\n3')), page.trail())
  await page.close()
})
