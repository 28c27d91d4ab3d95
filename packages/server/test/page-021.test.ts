import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { io, type Socket } from 'socket.io-client'
import { readConfig } from '../src/config.ts'
import { doorFacts } from '../src/door-facts.ts'
import { type Engine, startEngine } from '../src/engine.ts'
import { Access } from '../src/http/access.ts'
import { conversationRoutes } from '../src/http/conversation-routes.ts'
import { SocketDoor } from '../src/http/door.ts'
import type { DoorParts } from '../src/http/door-parts.ts'
import { eventRoutes } from '../src/http/event-routes.ts'
import { listen } from '../src/http/listen.ts'
import { settingsRoutes } from '../src/http/settings-routes.ts'
import { SocketIoDoor } from '../src/http/socket-io-door.ts'
import { systemClock } from '../src/lib/clock.ts'
import { openSecretStore } from '../src/stores/secret-store.ts'
import { openSettingsStore } from '../src/stores/settings-store.ts'
import { RawSocket } from '../src/testing/raw-socket.ts'
import { type Script, text, tool } from '../src/testing/scripted-model/script.ts'
import { type ScriptedModel, startScriptedModel } from '../src/testing/scripted-model/server.ts'
import { temporaryFolder } from '../src/testing/server-process.ts'
import { MODEL_KEY, World } from '../src/testing/world.ts'

type Frame = Record<string, unknown> & {
  readonly id?: number
  readonly cause?: number
  readonly action?: string
  readonly observation?: string
  readonly args?: Record<string, unknown>
  readonly extras?: Record<string, unknown>
}

/** A server with the doors of 0.21.1 over a real engine, and a model that its user has to enter. */
class Server021 implements AsyncDisposable {
  url = ''
  readonly warnings: string[] = []
  /** Ends every connection, as a change of the token does. */
  dropAll: () => void = () => undefined
  readonly model: ScriptedModel
  #stack = new AsyncDisposableStack()

  private constructor(model: ScriptedModel) {
    this.model = model
  }

  static async start(
    from: Script | ScriptedModel,
    options: { dataDir: string; token?: string; stalledMs?: number },
  ): Promise<Server021> {
    await using stack = new AsyncDisposableStack()
    const running = typeof from === 'object' && 'baseUrl' in from
    const model = running ? from : stack.use(await startScriptedModel({ script: from, apiKey: MODEL_KEY }))
    const server = new Server021(model)
    const say = (message: string): void => void server.warnings.push(message)
    const log = { info: () => undefined, warn: say, error: (...what: unknown[]) => say(JSON.stringify(what)) }
    const { config } = readConfig(['--data-dir', options.dataDir, '--no-checkpoints'], {})
    const engine: Engine = stack.use(await startEngine(config, log))
    const { manager, blobs } = engine
    const settings = await openSettingsStore(options.dataDir, await openSecretStore(join(options.dataDir, 'user')))
    const hosts = new Set<string>()
    const { token } = options
    const access = new Access({
      hosts,
      localMode: token === undefined,
      token: () => token,
      isOwnPeer: async () => true,
    })
    const sessionTokens = { sign: async () => '', verify: async () => undefined }
    const stalled = options.stalledMs === undefined ? {} : { stalledMs: options.stalledMs }
    const second = new SocketIoDoor({ access, manager, settings, log, ...stalled })
    server.dropAll = () => second.dropAll()
    const doors = [second, new SocketDoor({ access, manager, sessionTokens, log })] as const
    const previewUrl = (_: string, port: number): string => `http://${port}.preview`
    const parts: Omit<DoorParts, 'operation'> = {
      manager,
      settings,
      blobs,
      log,
      clock: systemClock,
      previewUrl,
      sessionTokens,
      models: engine.models,
      facts: doorFacts(config),
    }
    const listening = stack.use(
      await listen({
        host: '127.0.0.1',
        port: 0,
        access,
        doors,
        log,
        health: () => ({ status: 'OK', sandbox: '', isolated: true, sessions: 0, memoryBytes: 0 }),
        routes: app => {
          for (const add of [settingsRoutes, conversationRoutes, eventRoutes]) add(app, parts as DoorParts) // only routes that say how the server is need the rest
        },
      }),
    )
    const { port } = listening.address
    hosts.add(`127.0.0.1:${port}`)
    server.url = `http://127.0.0.1:${port}`
    server.#stack = stack.move()
    return server
  }

  async ask(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
    const headers = { 'content-type': 'application/json' }
    const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) }
    const answer = await fetch(this.url + path, { method, ...sent })
    const words = await answer.text()
    return { status: answer.status, json: words === '' ? undefined : JSON.parse(words) }
  }

  get(path: string): Promise<{ status: number; json: unknown }> {
    return this.ask('GET', path)
  }

  /** What the page of 0.21.1 posts first. */
  async enter(more: Record<string, unknown> = {}): Promise<void> {
    const model = { llm_model: 'openai/gpt-4o', llm_base_url: this.model.baseUrl('chat'), llm_api_key: MODEL_KEY }
    const settings = { ...model, agent: 'CodeActAgent', language: 'en', confirmation_mode: false, ...more }
    assert.deepEqual(await this.ask('POST', '/api/settings', settings), {
      status: 200,
      json: { message: 'Settings stored' },
    })
  }

  async create(body: Record<string, unknown> = {}): Promise<string> {
    const { status, json } = await this.ask('POST', '/api/conversations', body)
    assert.equal(status, 200, JSON.stringify(json))
    return (json as { conversation_id: string }).conversation_id
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/** The page's socket, which keeps every frame. */
class Page implements AsyncDisposable {
  readonly frames: Frame[] = []
  readonly socket: Socket
  readonly #waiting = new Set<() => void>()
  refusal: (Error & { data?: unknown }) | undefined

  constructor(url: string, query: Record<string, string>) {
    this.socket = io(url, { transports: ['websocket'], query, forceNew: true, reconnection: false })
    this.socket.on('oh_event', (frame: Frame) => {
      this.frames.push(frame)
      this.#wake()
    })
    this.socket.on('connect_error', error => {
      this.refusal = error
      this.#wake()
    })
    this.socket.on('disconnect', () => this.#wake())
  }

  /** Resolves to the first frame after the given number of them that fits. */
  async until(fits: (frame: Frame) => boolean, after = 0): Promise<Frame> {
    for (;;) {
      const found = this.frames.slice(after).find(fits)
      if (found) return found
      await this.changed()
    }
  }

  state(name: string, after = 0): Promise<Frame> {
    return this.until(frame => frame.extras?.['agent_state'] === name, after)
  }

  changed(): Promise<void> {
    return new Promise(resolve => this.#waiting.add(resolve))
  }

  say(content: string): void {
    this.act('message', { content, image_urls: [], timestamp: '2025-01-24T14:57:17.711Z' })
  }

  become(agent_state: string): void {
    this.act('change_agent_state', { agent_state })
  }

  act(action: string, args: unknown): void {
    this.socket.emit('oh_action', { action, args })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.disconnect()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}

test('[wire B4] the journey of a 0.21.1 page: settings, task, questions, terminal, pause, reload, second tab', async () => {
  await using folder = await temporaryFolder()
  const resumed = Promise.withResolvers<void>()
  await using server = await Server021.start(
    async ({ turn }) => {
      if (turn === 0) return tool('execute_bash', { command: 'echo one' })
      if (turn === 1) return tool('execute_bash', { command: 'touch two' })
      if (turn === 2) return text('What else?')
      await resumed.promise
      return tool('finish', { message: 'All is well.' })
    },
    { dataDir: folder.path },
  )
  assert.deepEqual(await server.get('/api/settings'), { status: 404, json: { error: 'Settings not found' } })
  assert.deepEqual(await server.get('/api/settings?unset=null'), { status: 200, json: null })
  await server.enter({ confirmation_mode: true })
  assert.equal(((await server.get('/api/settings')).json as Frame)['llm_api_key'], '**********')
  const id = await server.create()
  assert.match(id, /^[0-9a-f]{32}$/)
  assert.equal(
    ((await server.get(`/api/conversations/${id}`)).json as Frame)['title'],
    `Conversation ${id.slice(0, 5)}`,
  )

  await using page = new Page(server.url, { conversation_id: id, latest_event_id: '-1' })
  await page.state('init')
  page.say('make one and two')
  const echo = await page.until(frame => frame.action === 'message')
  assert.equal(echo['source'], 'user')
  await page.state('awaiting_user_confirmation')
  const question = await page.until(frame => frame.action === 'message' && frame['source'] === 'agent')
  assert.equal(question.id, undefined)
  assert.match(String(question.args?.['content']), /echo one/)

  let seen = page.frames.length
  page.become('user_confirmed')
  const ran = await page.until(frame => frame.observation === 'run', seen)
  assert.equal(String(ran['content']).trim(), 'one')
  assert.equal((ran.extras?.['metadata'] as { exit_code: number }).exit_code, 0)
  const asked = page.frames.find(frame => frame.action === 'run')
  assert.equal(ran.cause, asked?.id)

  await page.state('awaiting_user_confirmation', seen)
  seen = page.frames.length
  page.become('user_rejected')
  await page.until(frame => frame.observation === 'user_rejected', seen)
  await page.state('awaiting_user_input', seen)
  page.act('run', { command: 'echo term; ls', hidden: false })
  const typed = await page.until(frame => frame.observation === 'run', seen)
  assert.equal(typed['source'], 'user')
  assert.equal(String(typed['content']).trim(), 'term')

  seen = page.frames.length
  page.say('and now?')
  await page.until(frame => frame.action === 'message' && frame.args?.['content'] === 'What else?', seen)
  await page.state('awaiting_user_input', seen)
  seen = page.frames.length
  page.say('finish')
  await page.state('running', seen)
  page.become('paused')
  await page.state('paused', seen)
  seen = page.frames.length
  page.become('running')
  await page.state('running', seen)
  resumed.resolve()
  await page.state('finished', seen)

  // A reload, a second tab, and a page that was away and comes back with nothing new to see.
  await using again = new Page(server.url, { conversation_id: id, latest_event_id: 'undefined' })
  await again.state('finished')
  const story = ({ frames }: Page): unknown[] =>
    frames.flatMap(({ id, action, observation }) =>
      Number.isInteger(id) && action !== 'change_agent_state' && observation !== 'agent_state_changed' ? [id] : [],
    )
  assert.deepEqual(story(again), story(page))
  assert.equal(again.frames.at(-1)?.extras?.['agent_state'], 'finished')
  const last = again.frames.findLast(frame => frame.id !== undefined)?.id
  await using back = new Page(server.url, { conversation_id: id, latest_event_id: String(last) })
  await back.state('finished')
  assert.deepEqual(
    back.frames.map(frame => frame.action ?? frame.extras?.['agent_state']),
    ['finished'],
  )
  again.say('one more')
  await Promise.all([page, again, back].map(each => each.until(({ args }) => args?.['content'] === 'one more')))

  const { json } = await server.get('/api/conversations?limit=9')
  const [info] = (json as { results: Frame[] }).results
  assert.equal(info?.['title'], 'make one and two')
  assert.equal(info?.['status'], 'RUNNING')
  assert.deepEqual(server.model.refusals(), [])
  assert.deepEqual(server.warnings, [])
})

test('[P28] [S21] after a restart the page has its history, and the agent its key; another endpoint does not get it', async () => {
  await using folder = await temporaryFolder()
  await using model = await startScriptedModel({ script: [text('Hello.'), text('Again.')], apiKey: MODEL_KEY })
  let id = ''
  {
    await using server = await Server021.start(model, { dataDir: folder.path })
    await server.enter()
    id = await server.create({ initial_user_msg: 'greet me' })
    await using page = new Page(server.url, { conversation_id: id })
    await page.until(frame => frame.args?.['content'] === 'Hello.')
    await page.state('awaiting_user_input')
  }
  await using server = await Server021.start(model, { dataDir: folder.path })
  await using page = new Page(server.url, { conversation_id: id })
  await page.until(frame => frame.args?.['content'] === 'Hello.')
  await page.state('awaiting_user_input')
  page.say('once more')
  await page.until(frame => frame.args?.['content'] === 'Again.')

  await using sink = await startScriptedModel({ script: [], apiKey: MODEL_KEY })
  await server.ask('POST', '/api/settings', { llm_base_url: sink.baseUrl('chat') })
  assert.equal(((await server.get('/api/settings')).json as Frame)['llm_api_key'], null)
  const other = await server.create({ initial_user_msg: 'leak it' })
  await using thief = new Page(server.url, { conversation_id: other })
  await thief.state('paused')
  assert.ok(sink.requests.length > 0)
  assert.doesNotMatch(JSON.stringify(sink.requests.map(({ headers }) => headers)), new RegExp(MODEL_KEY))
})

test('[wire B2] [wire B4] over the whole server: files, stop, an error and what follows it, the end, a restart', async () => {
  let step = 0
  await using world = await World.start({
    script: ({ lastUserText }) =>
      lastUserText.includes('count')
        ? tool('execute_bash', { command: `sleep 0.1; echo ${step++}` })
        : tool('finish', { message: 'All is well.' }),
  })
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' }
    const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) }
    return await (await fetch(world.server.url + path, { method, ...sent })).json()
  }
  const model = { llm_model: 'openai/gpt-4o', llm_base_url: world.model.baseUrl('chat'), llm_api_key: MODEL_KEY }
  await ask('POST', '/api/settings', { ...model, max_iterations: 3 })
  const { conversation_id: id } = (await ask('POST', '/api/conversations', {})) as { conversation_id: string }
  const base = `/api/conversations/${id}`
  await using page = new Page(world.server.url, { conversation_id: id, latest_event_id: '-1' })
  await page.state('init')
  const saved = await ask('POST', `${base}/save-file`, { filePath: 'sub/new.txt', content: 'text\n' })
  assert.deepEqual(saved, { message: 'File saved successfully' })
  const form = new FormData()
  form.append('files', new Blob(['up']), 'up.txt')
  const uploaded = await fetch(`${world.server.url}${base}/upload-files`, { method: 'POST', body: form })
  assert.deepEqual(await uploaded.json(), {
    message: 'File upload process completed',
    uploaded_files: ['up.txt'],
    skipped_files: [],
  })
  assert.deepEqual(await ask('GET', `${base}/list-files`), ['sub/', 'up.txt'])
  assert.deepEqual(await ask('GET', `${base}/list-files?path=sub/`), ['sub/new.txt'])
  assert.deepEqual(await ask('GET', `${base}/select-file?file=sub/new.txt`), { code: 'text\n' })
  const zip = Buffer.from(await (await fetch(`${world.server.url}${base}/zip-directory`)).arrayBuffer())
  assert.equal(zip.toString('latin1', 0, 2), 'PK')

  page.say('count')
  await page.until(({ observation }) => observation === 'run')
  page.become('stopped')
  await page.state('stopped')
  let seen = page.frames.length
  page.say('count again')
  const halted = await page.until(frame => frame['type'] === 'error', seen)
  assert.match(String(halted['message']), /^Agent reached maximum iteration/, '[wire D1.17]')
  await page.state('paused', seen)
  seen = page.frames.length
  page.become('running')
  await page.state('running', seen)
  await page.state('paused', seen)
  seen = page.frames.length
  page.say('enough')
  await page.state('finished', seen)

  await world.restart()
  await using back = new Page(world.server.url, { conversation_id: id, latest_event_id: 'undefined' })
  await back.until(({ args }) => args?.['content'] === 'enough')
  await back.state('finished')
  back.say('are you there?')
  await back.state('running')
  assert.deepEqual(world.model.refusals(), [])
})

test('[wire B1.3] after an error nothing comes for a while, because the page would show only what came last', async () => {
  await using folder = await temporaryFolder()
  await using server = await Server021.start(() => text('Yes.'), { dataDir: folder.path })
  await server.enter()
  await using page = new Page(server.url, { conversation_id: await server.create() })
  await page.state('init')
  const times: [isError: boolean, at: number][] = []
  page.socket.on('oh_event', (frame: Frame) => times.push([frame['error'] === true, performance.now()]))
  for (let i = 0; i < 4; i++) {
    page.socket.emit('oh_action', { action: 'fly' })
    page.act('run', { command: `echo ${i}` })
  }
  await page.until(({ content }) => String(content).trim() === '3')
  while (times.filter(([isError]) => isError).length < 4) await page.changed()
  for (const [index, [isError, at]] of times.entries()) {
    const next = times[index + 1]
    if (isError && next) assert.ok(next[1] - at > 70, `${next[1] - at} ms`)
  }
})

describe('[S02] [S03] who may open the socket', () => {
  let server: Server021
  let stack: AsyncDisposableStack
  before(async () => {
    stack = new AsyncDisposableStack()
    const folder = stack.use(await temporaryFolder())
    server = stack.use(await Server021.start([], { dataDir: folder.path, token: 'right-token' }))
  })
  after(() => stack.disposeAsync())

  const knock = async (lines: readonly string[], target = '/socket.io/?EIO=4&transport=websocket'): Promise<number> => {
    const client = new RawSocket(server.url, { lines, target })
    client.read()
    await client.until(() => client.head !== undefined, 'an answer')
    client.socket.destroy()
    return Number(client.head?.split(' ')[1])
  }

  test('a foreign origin, a foreign name and a missing token are refused before the 101', async () => {
    const token = 'Authorization: Bearer right-token'
    const own = new URL(server.url).origin
    assert.equal(await knock([token]), 101)
    assert.equal(await knock([token, `Origin: ${own}`]), 101)
    for (const origin of ['http://127.0.0.1.evil.test', 'null', 'file://', 'http://127.0.0.1:1'])
      assert.equal(await knock([token, `Origin: ${origin}`]), 403, origin)
    assert.equal(await knock([]), 401)
    assert.equal(await knock(['Authorization: Bearer wrong']), 401)
  })

  test('what is not a fresh WebSocket of protocol 4 is refused, and nobody polls', async () => {
    const token = 'Authorization: Bearer right-token'
    assert.equal(await knock([token], '/socket.io/?EIO=4&transport=polling'), 400)
    assert.equal(await knock([token], '/socket.io/?EIO=3&transport=websocket'), 400)
    assert.equal(await knock([token], '/socket.io/?EIO=4&transport=websocket&sid=x'), 400)
    assert.equal(await knock([token], '/socket.io?EIO=4&transport=websocket'), 404)
    const polled = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`)
    assert.equal(polled.status, 401)
    assert.equal(await knock([token], '/ws'), 101, 'the other door goes on working')
  })

  test('[S08] when the token changes, everybody goes, also who has not said yet what it wants', async () => {
    const extraHeaders = { authorization: 'Bearer right-token' }
    const client = new RawSocket(server.url, {
      lines: ['Authorization: Bearer right-token'],
      target: '/socket.io/?EIO=4&transport=websocket',
    })
    client.read()
    const closed = new Promise<void>(resolve => client.socket.once('close', () => resolve()))
    await client.until(() => client.head !== undefined, 'an answer')
    const refused = io(server.url, { transports: ['websocket'], extraHeaders, forceNew: true, reconnection: false })
    await new Promise<void>(resolve => refused.once('connect_error', () => resolve()))
    server.dropAll()
    await closed
    refused.disconnect()
  })
})

describe('a socket and what it says', () => {
  let server: Server021
  let stack: AsyncDisposableStack
  before(async () => {
    stack = new AsyncDisposableStack()
    const folder = stack.use(await temporaryFolder())
    server = stack.use(await Server021.start(() => text('Yes.'), { dataDir: folder.path, stalledMs: 500 }))
    await server.enter()
  })
  after(() => stack.disposeAsync())

  test('[wire B1] refusals name what is wrong with the query', async () => {
    const id = await server.create()
    const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{}, /^No conversation_id in query params$/],
      [{ conversation_id: '0'.repeat(32) }, /^Conversation 0+ does not exist$/],
      [{ conversation_id: '../x' }, /does not exist$/],
      [{ conversation_id: id, latest_event_id: '5000' }, /ahead of the log/],
    ]
    for (const [query, message] of cases) {
      await using page = new Page(server.url, query)
      while (!page.refusal) await page.changed()
      assert.match(page.refusal.message, message)
      assert.deepEqual(page.frames, [])
    }
  })

  test('[wire D2.1] a frame that cannot be understood is answered, and the socket stays', async () => {
    await using page = new Page(server.url, { conversation_id: await server.create() })
    await page.state('init')
    const bad = [null, 7, 'text', [], { action: 'fly' }, { action: 'initialize', args: {} }, Buffer.from('x')]
    for (const [index, frame] of bad.entries()) {
      page.socket.emit('oh_action', frame)
      while (page.frames.filter(({ error }) => error === true).length <= index) await page.changed()
    }
    page.socket.emit('something_else', {})
    page.say('are you there?')
    await page.until(frame => frame.args?.['content'] === 'Yes.')
  })

  test('[P02] cut off again and again, a page gets every event once and in order', async () => {
    const id = await server.create()
    await using writer = new Page(server.url, { conversation_id: id })
    await writer.state('init')
    const got: number[] = []
    let cursor = 'undefined'
    for (let round = 0; round < 5; round++) {
      const page = new Page(server.url, { conversation_id: id, latest_event_id: cursor })
      writer.say(`round ${round}`)
      await page.until(frame => frame.args?.['content'] === `round ${round}`)
      page.socket.disconnect()
      const ids = page.frames.flatMap(frame => frame.id ?? [])
      got.push(...ids)
      cursor = String(ids.at(-1) ?? cursor)
    }
    assert.deepEqual(
      got,
      [...new Set(got)].sort((a, b) => a - b),
    )
  })

  test('a page that reads nothing is let go, and the others miss nothing', async () => {
    const id = await server.create()
    await using slow = new Page(server.url, { conversation_id: id })
    await using quick = new Page(server.url, { conversation_id: id })
    await Promise.all([slow.state('init'), quick.state('init')])
    const { transport } = slow.socket.io.engine as unknown as { transport: { ws: { pause(): void } } } // not declared
    transport.ws.pause()
    const many = 100
    const padding = 'x'.repeat(200_000)
    for (let i = 0; i < many; i++) quick.act('run', { command: `: ${i} ${padding}` })
    while (!server.warnings.includes('a client does not keep up and is let go')) await quick.changed()
    await quick.until(({ action, args }) => action === 'run' && String(args?.['command']).startsWith(`: ${many - 1} `))
    assert.equal(quick.frames.filter(({ action }) => action === 'run').length, many)
    assert.equal(quick.socket.connected, true)
  })
})

describe('[wire B2] what a page asks', () => {
  let server: Server021
  let stack: AsyncDisposableStack
  before(async () => {
    stack = new AsyncDisposableStack()
    const folder = stack.use(await temporaryFolder())
    server = stack.use(await Server021.start(() => text('Yes.'), { dataDir: folder.path }))
  })
  after(() => stack.disposeAsync())

  test('[S20] [P31] settings: what is not given stays, the mark is no key, null takes the key away, no key comes out', async () => {
    const set = (change: unknown) => server.ask('POST', '/api/settings', change)
    const shown = async (): Promise<Frame> => (await server.get('/api/settings')).json as Frame
    await set({ llm_model: 'openai/gpt-4o', remote_runtime_resource_factor: 2 })
    assert.equal((await shown())['llm_api_key'], null, 'settings without a key are settings')
    await set({ llm_api_key: 'sk-canary-1' })
    for (const key of ['**********', 'SET', '', undefined]) {
      await set({ language: 'de', llm_api_key: key })
      assert.deepEqual(Object.entries(await shown()), [
        ['language', 'de'],
        ['agent', null],
        ['max_iterations', null],
        ['security_analyzer', null],
        ['confirmation_mode', null],
        ['llm_model', 'openai/gpt-4o'],
        ['llm_api_key', '**********'],
        ['llm_base_url', null],
        ['remote_runtime_resource_factor', 2],
      ])
    }
    await set({ llm_api_key: null })
    assert.equal((await shown())['llm_api_key'], null)
    const wrong = await set({ llm_api_key: ['sk-canary-2'], language: 7 })
    assert.equal(wrong.status, 422)
    assert.doesNotMatch(JSON.stringify(wrong), /canary/)
    assert.match(JSON.stringify(wrong.json), /"loc":\["body","llm_api_key"\]/)
  })

  test('a conversation that cannot start says why, and there is none', async () => {
    const refused = await server.ask('POST', '/api/conversations', {})
    assert.deepEqual(refused, {
      status: 400,
      json: {
        status: 'error',
        message: 'Error authenticating with the LLM provider. Please check your API key',
        msg_id: 'STATUS$ERROR_LLM_AUTHENTICATION',
      },
    })
    assert.deepEqual((await server.get('/api/conversations')).json, { results: [], next_page_id: null })
    const bad = await server.ask('POST', '/api/conversations', { selected_repository: 'x; rm' })
    assert.equal(bad.status, 422)
  })

  test('[wire C11] list with pages and a search, one, title, delete', async () => {
    await server.enter()
    const ids: string[] = []
    for (const selected_repository of [null, null, 'owner/thing'])
      ids.push(await server.create({ selected_repository }))
    const [first, second, third] = ids.toReversed()
    const one = (await server.get('/api/conversations?limit=2')).json as { results: Frame[]; next_page_id: string }
    assert.deepEqual(
      one.results.map(({ conversation_id }) => conversation_id),
      [first, second],
    )
    assert.equal(one.next_page_id, 'Mg==')
    assert.equal(one.results[0]?.['title'], `thing ${first?.slice(0, 5)}`)
    const [newest] = one.results
    assert.deepEqual((await server.get(`/api/conversations/${first}`)).json, newest, 'one is told as in the list')
    assert.deepEqual(Object.keys(newest ?? {}).toSorted(), [
      'conversation_id',
      'created_at',
      'last_updated_at',
      'selected_repository',
      'status',
      'title',
    ])
    const rest = (await server.get(`/api/conversations?limit=2&page_id=${one.next_page_id}`)).json as typeof one
    assert.deepEqual([rest.results.length, rest.results[0]?.['conversation_id'], rest.next_page_id], [1, third, null])
    assert.equal((await server.get('/api/conversations?limit=0')).status, 422)
    assert.equal((await server.get('/api/conversations?page_id=%00')).status, 422)

    assert.deepEqual(await server.ask('PATCH', `/api/conversations/${second}`, { title: 'New Title' }), {
      status: 200,
      json: true,
    })
    assert.equal(((await server.get(`/api/conversations/${second}`)).json as Frame)['title'], 'New Title')
    const found = (await server.get('/api/conversations?query=new+t')).json as typeof one
    assert.deepEqual(
      found.results.map(({ conversation_id }) => conversation_id),
      [second],
    )
    assert.deepEqual(await server.ask('DELETE', `/api/conversations/${second}`), { status: 200, json: true })
    assert.deepEqual(await server.ask('DELETE', `/api/conversations/${second}`), { status: 200, json: false })
    assert.deepEqual(await server.get(`/api/conversations/${second}`), { status: 200, json: null })
    const gone = await server.ask('PATCH', `/api/conversations/${second}`, { title: 'x' })
    assert.deepEqual(gone, { status: 404, json: { error: 'Session not found' } })
    const around = { runtime_id: null, session_id: first }
    assert.deepEqual(await server.get(`/api/conversations/${first}/config`), { status: 200, json: around })
    assert.deepEqual((await server.get(`/api/conversations/${first}/vscode-url`)).json, { vscode_url: null })
  })

  test('web hosts, event search and trajectory; of strangers there is nothing', async () => {
    const id = await server.create()
    const path = `/api/conversations/${id}`
    await using page = new Page(server.url, { conversation_id: id })
    await page.state('init')
    page.act('run', { command: 'export GITHUB_TOKEN=canary', hidden: true })
    page.act('run', {
      command: 'python3 -m http.server 8123 >/dev/null 2>&1 & until curl -s 127.0.0.1:8123 >/dev/null; do :; done',
    })
    await page.until(({ observation }) => observation === 'run')
    assert.deepEqual((await server.get(`${path}/web-hosts`)).json, { hosts: { 'http://8123.preview': 8123 } })
    page.say('Needle in a haystack')
    await page.state('awaiting_user_input')

    type Found = { events: Frame[]; has_more: boolean }
    const search = async (query: string): Promise<Found> =>
      (await server.get(`${path}/events/search?${query}`)).json as Found
    const needle = await search('query=nEEdle')
    assert.deepEqual([needle.events.length, needle.has_more], [1, false])
    assert.deepEqual(
      (await search('event_type=CmdRunAction')).events.map(({ action }) => action),
      ['run'],
    )
    assert.ok((await search('source=agent')).events.every(event => event['source'] === 'agent'))
    const some = await search('limit=1')
    assert.deepEqual([some.events.length, some.has_more], [1, true])
    assert.equal((await search(`start_id=${needle.events[0]?.id}`)).events[0]?.id, needle.events[0]?.id)
    assert.deepEqual((await search('end_date=2000')).events, [])
    assert.deepEqual((await search('limit=100')).has_more, false)
    for (const bad of ['limit=0', 'limit=101', 'start_id=-1', 'source=nobody', 'event_type=Nothing'])
      assert.equal((await server.get(`${path}/events/search?${bad}`)).status, 422, bad)

    const { trajectory } = (await server.get(`${path}/trajectory`)).json as { trajectory: Frame[] }
    assert.deepEqual(trajectory, (await search('limit=100')).events)
    assert.doesNotMatch(JSON.stringify(trajectory), /canary/)
    const stranger = `/api/conversations/${'0'.repeat(32)}`
    for (const what of ['config', 'vscode-url', 'web-hosts', 'events/search', 'trajectory'])
      assert.deepEqual(await server.get(`${stranger}/${what}`), { status: 404, json: { error: 'Session not found' } })
  })
})
