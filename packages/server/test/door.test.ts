import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sessionTokens } from '../src/access/session-tokens.ts'
import { readConfig } from '../src/config.ts'
import { startEngine } from '../src/engine.ts'
import { Access } from '../src/http/access.ts'
import { SocketDoor } from '../src/http/door.ts'
import { type Listening, listen } from '../src/http/listen.ts'
import { RawSocket } from '../src/testing/raw-socket.ts'
import { type Reply, tool, tools } from '../src/testing/scripted-model/script.ts'
import { MemoryGrowth, sameHeap } from '../src/testing/server-memory.ts'
import { ServerProcess, temporaryFolder } from '../src/testing/server-process.ts'
import { SocketClient } from '../src/testing/socket-client.ts'
import { World } from '../src/testing/world.ts'

const MAX_FRAME = 8 * 1024 * 1024

/** "think a:b:c" thinks for a steps, b thoughts of c characters in each; whatever else is asked is done at once. */
function script({ firstUserText, turn }: { firstUserText: string; turn: number }): Reply {
  const [, steps = '0', thoughts = '0', length = '0'] = /think (\d+):(\d+):(\d+)/.exec(firstUserText) ?? []
  if (turn >= Number(steps)) return tool('finish', { message: 'Done.' })
  const thought = (i: number): string => `${turn}.${i} `.padEnd(Number(length), 'thought ')
  return tools(Array.from({ length: Number(thoughts) }, (_, i) => ({ name: 'think', args: { thought: thought(i) } })))
}

function ids(client: SocketClient): readonly number[] {
  return client.events.map(event => event.id)
}

/** Adds thoughts of so many characters to the log, which no model has to see. */
function think(client: SocketClient, count: number, length: number): void {
  for (let i = 0; i < count; i++) client.send({ action: 'think', args: { thought: `${i} `.padEnd(length, 'x') } })
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

describe('the handshake and what follows', () => {
  let world: World
  before(async () => {
    world = await World.start({ script })
  })
  after(() => world[Symbol.asyncDispose]())

  /** A session with a finished task and how many events it has. */
  async function finished(): Promise<{ session: string; events: number }> {
    const client = await world.connect()
    client.start('think 1:5:10')
    await client.waitForState('finished')
    await client.close()
    return { session: client.session, events: client.lastId + 1 }
  }

  for (const protocols of ['openhands, NO_JWT, NO_GITHUB', 'openhands,NO_JWT,NO_GITHUB'])
    test(`[wire A1.1] [wire A1.2] "${protocols}": the token comes first, signed with the folder’s own secret`, async () => {
      const client = new RawSocket(world.server.url, { protocols })
      client.read()
      await client.until(() => client.texts.length > 0, 'the token frame')
      assert.match(client.head ?? '', /^HTTP\/1\.1 101 /)
      assert.match(client.head ?? '', /^Sec-WebSocket-Protocol: openhands$/im)
      const { token, status, ...more } = JSON.parse(client.texts[0] ?? '')
      assert.deepEqual([status, more], ['ok', {}])
      const [header, payload, signature] = token.split('.')
      const secret = readFileSync(join(world.dataDir, '.jwt_secret'), 'utf8').trim()
      assert.equal(signature, createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url'))
      assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), { alg: 'HS256' })
      const sid = /^openhands-session: (.*)$/im.exec(client.head ?? '')?.[1]
      assert.deepEqual(JSON.parse(Buffer.from(payload, 'base64url').toString()), { sid })
      assert.match(sid ?? '', /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/, '[S09] a random UUID')
      assert.match(token, /^[A-Za-z0-9._-]+$/, 'legal as a sub-protocol')
      client.socket.destroy()
    })

  test('[wire A1.2] a presented token is echoed byte for byte and opens the same session', async () => {
    const first = await world.connect({ protocols: ['openhands', 'NO_JWT', 'NO_GITHUB'] })
    const { token } = await first.waitFor<{ token: string }>(frame => 'token' in frame)
    first.say('hello')
    await first.waitForState('finished')
    await first.close()
    const again = await world.connect({ protocols: ['openhands', token, 'NO_GITHUB'] })
    assert.equal(again.socket.protocol, 'openhands')
    again.send({ action: 'initialize', args: {} })
    await again.waitForState('finished')
    assert.deepEqual(again.frames[0], { token, status: 'ok' })
    assert.equal(again.session, first.session)
    assert.ok(
      again.frames.some(frame => frame.action === 'message'),
      again.trail(),
    )
    await again.close()
  })

  test('[wire A1.2] [wire D1.14] a token that is not ours: the frame that makes a page forget it, then close 1000', async () => {
    for (const bad of ['abc', 'eyJhbGciOiJIUzI1NiJ9.eyJzaWQiOiJ4In0.AAAA']) {
      const client = await world.connect({ protocols: ['openhands', bad, 'NO_GITHUB'] })
      await client.closed()
      assert.deepEqual(client.frames, [{ error: 'Invalid token', error_code: 401 }])
      assert.equal(client.closeCode, 1000)
    }
  })

  test('[seed] a plain connection gets events and nothing else, and its session’s id with the 101', async () => {
    const client = await world.connect()
    client.start('hello')
    await client.waitForState('finished')
    assert.equal(client.socket.protocol, '')
    assert.ok(
      client.frames.every(frame => !('token' in frame)),
      client.trail(),
    )
    assert.deepEqual(ids(client), range(0, client.lastId))
    const other = await world.connect({ session: client.session })
    await other.waitFor(frame => frame.id === client.lastId, 'the last event')
    assert.equal(other.session, client.session)
    assert.deepEqual(other.events, client.events)
    await Promise.all([client.close(), other.close()])
  })

  test('[wire A1.1] latest_event_id: replay begins at the next id; what is no number counts as absent', async () => {
    const { session, events } = await finished()
    const last = events - 1
    const table: [string | undefined, number][] = [
      [undefined, 0],
      ['-1', 0],
      ['undefined', 0],
      ['abc', 0],
      ['1.5', 0],
      ['0', 1],
      ['3', 4],
      [String(last - 1), last],
    ]
    for (const [cursor, from] of table) {
      const query = cursor === undefined ? '' : `&latest_event_id=${cursor}`
      const client = new RawSocket(world.server.url, { target: `/ws?session=${session}${query}` })
      client.read()
      await client.until(() => client.texts.length === events - from, `${events - from} events after ${cursor}`)
      assert.deepEqual(
        client.texts.map(text => JSON.parse(text).id),
        range(from, last),
        cursor,
      )
      client.socket.destroy()
    }
  })

  test('[wire A1.1] the newest id as cursor: nothing is sent again, what comes next is', async () => {
    const { session, events } = await finished()
    const client = await world.connect({ session, cursor: events - 1 })
    client.say('more')
    await client.waitForState('finished')
    assert.deepEqual(ids(client), range(events, client.lastId))
    await client.close()
  })

  test('[wire A1.1] a cursor ahead of the log: said so, then close 4009', async () => {
    const { session, events } = await finished()
    for (const cursor of [events, 1e14]) {
      const client = await world.connect({ session, cursor })
      await client.closed()
      assert.equal(client.closeCode, 4009)
      assert.deepEqual(
        client.frames.map(({ error, code, field }) => ({ error, code, field })),
        [{ error: true, code: 'cursor_ahead', field: 'latest_event_id' }],
      )
    }
    const fresh = await world.connect({ cursor: 0 })
    await fresh.closed()
    assert.equal(fresh.closeCode, 4009, 'a new session has no event 0')
  })

  test('[wire A1.3] [P02] whoever joins while a run emits gets every event once, in order, without a seam', async () => {
    const first = await world.connect()
    first.start('think 40:10:200')
    const joined: SocketClient[] = []
    for (const seen of [5, 40, 90, 140, 200, 260, 320]) {
      await first.waitFor(() => first.events.length > seen, `${seen} events`)
      joined.push(await world.connect({ session: first.session, cursor: joined.length % 2 === 0 ? -1 : seen - 3 }))
    }
    await Promise.all([first, ...joined].map(client => client.waitForState('finished')))
    for (const [i, client] of joined.entries()) {
      const from = i % 2 === 0 ? 0 : ([5, 40, 90, 140, 200, 260, 320][i] ?? 0) - 2
      assert.deepEqual(ids(client), range(from, first.lastId))
      assert.deepEqual(client.events, first.events.slice(from))
    }
    await Promise.all([first, ...joined].map(client => client.close()))
  })

  test('[wire D1.4] frames that travel with the upgrade itself are not lost', async () => {
    for (const protocols of [undefined, 'openhands, NO_JWT, NO_GITHUB']) {
      const client = new RawSocket(world.server.url, {
        ...(protocols === undefined ? {} : { protocols }),
        first: ['{"action":"initialize","args":{}}', '{"action":"message","args":{"content":"hello"}}', '{'],
      })
      client.read()
      await client.until(() => client.texts.some(text => text.includes('"agent_state":"finished"')), 'the end')
      const code = protocols === undefined ? '"code":"invalid_json",' : ''
      const refused = `{"error":true,${code}"message":"Invalid JSON"}`
      await client.until(() => client.texts.includes(refused), 'the refusal')
      if (protocols !== undefined)
        assert.ok('token' in JSON.parse(client.texts[0] ?? ''), 'and the token is still first')
      client.socket.destroy()
    }
  })

  test('[wire D2.1] every bad frame is answered with the field that is wrong, and the same connection goes on', async () => {
    const client = await world.connect()
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const table: [string | Buffer, string, string | undefined, RegExp][] = [
      ['{"action":', 'invalid_json', undefined, /^Invalid JSON$/],
      ['hello', 'invalid_json', undefined, /^Invalid JSON$/],
      ['null', 'invalid_frame', 'frame', /./],
      ['[1]', 'invalid_frame', 'frame', /./],
      ['{}', 'invalid_frame', 'action', /a frame needs the name of an action/],
      ['{"action":5}', 'invalid_frame', 'action', /./],
      ['{"action":"mesage","args":{"content":"x"}}', 'invalid_frame', 'action', /did you mean "message"\?/],
      ['{"action":"dance"}', 'invalid_frame', 'action', /use one of .*message/],
      ['{"action":"__proto__"}', 'invalid_frame', 'action', /./],
      ['{"action":"null"}', 'invalid_frame', 'action', /not for clients/],
      ['{"action":"start","args":{}}', 'invalid_frame', 'args.task', /./],
      ['{"action":"start","args":{"task":""}}', 'invalid_frame', 'args.task', /./],
      ['{"action":"message","args":{"content":7}}', 'invalid_frame', 'args.content', /string/],
      ['{"action":"message","args":{"content":"x","colour":"red"}}', 'invalid_frame', 'args.colour', /leave it out/],
      ['{"action":"message","args":"x"}', 'invalid_frame', 'args', /args is an object/],
      ['{"action":"change_agent_state","args":{"agent_state":"asleep"}}', 'invalid_frame', 'args.agent_state', /./],
      ['{"action":"run","args":{"command":"true"},"timeout":-1}', 'invalid_frame', 'timeout', /./],
      ['{"observation":"run","content":"x","extras":{}}', 'invalid_frame', 'action', /./],
      [Buffer.from('{"action":"start","args":{"task":"x"}}'), 'binary_frame', undefined, /text/],
      [`{"action":"${'x'.repeat(MAX_FRAME)}"}`, 'frame_too_large', undefined, /8388608 bytes/],
      [deep, 'invalid_frame', 'frame', /./],
      [`{"action":"finish","args":{"outputs":{"a":${deep}}}}`, 'invalid_frame', 'args', /nested/],
      ['{"action":"initialize","args":{"agent_cls":"Nobody"}}', 'invalid_frame', 'args.agent_cls', /Nobody/],
      ['{"action":"initialize","args":{"AGENT":"__proto__"}}', 'invalid_frame', 'args.agent_cls', /__proto__/],
      ['{"action":"initialize","args":{"SECURITY_ANALYZER":"x"}}', 'invalid_frame', 'args.security_analyzer', /./],
      ['{"action":"initialize","args":{"directory":"/etc"}}', 'directory_refused', 'args.directory', /\/etc/],
    ]
    for (const [i, [frame, code, field, message]] of table.entries()) {
      client.socket.send(frame)
      const what = String(frame).slice(0, 80)
      const answer = await client.waitFor(() => client.frames.length > i, what)
      assert.ok(answer)
      const { error, code: said, field: named, message: words } = client.frames[i] ?? {}
      assert.deepEqual([error, said, named], [true, code, field], what)
      assert.match(String(words), message, what)
    }
    assert.equal(client.frames.length, table.length, 'one answer each, and nothing entered the log')
    client.start('hello')
    await client.waitForState('finished')
    await client.close()
  })

  test('[S35] a `__proto__` key in a frame is no key of ours', async () => {
    const client = await world.connect()
    client.send(
      '{"__proto__":{"action":"start"},"action":"message","args":{"content":"hello","__proto__":{"content":"y"}}}',
    )
    await client.waitFor(frame => 'error' in frame || frame.action === 'message', 'an answer')
    assert.ok(!JSON.stringify(client.frames).includes('__proto__":{'), client.trail())
    client.start('hello')
    await client.waitForState('finished')
    await client.close()
  })

  test('[P39] [S35] a frame of twice the limit ends its own connection with 1009', async () => {
    const client = await world.connect()
    client.send(' '.repeat(2 * MAX_FRAME))
    await client.waitFor(frame => frame.code === 'frame_too_large', 'the answer')
    client.send(' '.repeat(2 * MAX_FRAME + 1))
    await client.closed()
    assert.equal(client.closeCode, 1009)
  })
})

describe('clients that do not keep up', () => {
  const MB = 1024 * 1024

  test('[P38] pages that never read cost little and delay nobody', async () => {
    await using folder = await temporaryFolder()
    await using server = await ServerProcess.start({ dataDir: folder.path, env: sameHeap })
    const page = await SocketClient.connect(server.url, { protocols: ['openhands', 'NO_JWT', 'NO_GITHUB'] })
    const { token } = await page.waitFor<{ token: string }>(frame => 'token' in frame)
    const live = await SocketClient.connect(server.url, { session: page.session })
    const protocols = `openhands, ${token}, NO_GITHUB` // each is sent texts of its own, which no other socket shares
    const last = live.lastId + 300
    think(live, 300, 50_000) // what a server grows by that is used for the first time is not the silent pages' doing
    await live.waitFor(() => live.lastId >= last, 'everything')
    const silent = Array.from({ length: 50 }, () => new RawSocket(server.url, { protocols }))
    const growth = new MemoryGrowth(server.pid)
    think(live, 300, 50_000)
    await live.waitFor(() => live.lastId >= last + 300, 'everything')
    const sent = live.events.reduce((sum, event) => sum + JSON.stringify(event).length, 0)
    assert.ok(sent > 50 * MB, `${sent} bytes`)
    assert.ok(growth.peak <= 100, `the server grew by ${growth.peak.toFixed(0)} MB`)
    assert.deepEqual(ids(live), range(0, live.lastId))
    for (const { socket } of silent) socket.destroy()
    await Promise.all([live.close(), page.close()])
  })

  test('[S35] a client that sends nonsense and never reads the answers is not read either, and let go', async () => {
    await using server = await ownDoor({ stalledMs: 200 })
    const silent = new RawSocket(server.url)
    const nonsense = JSON.stringify({ action: 'x'.repeat(400) })
    for (let i = 0; i < 100_000; i++) silent.send(nonsense)
    await server.letGo
    silent.socket.destroy()
  })

  test('[P38] a client that takes nothing for too long is let go; with its cursor it gets exactly what it missed', async () => {
    await using server = await ownDoor({ stalledMs: 200 })
    const live = await SocketClient.connect(server.url)
    const slow = await SocketClient.connect(server.url, { session: live.session })
    think(live, 1, 10)
    await Promise.all([live, slow].map(client => client.waitFor(frame => frame.action === 'think', 'a thought')))
    slow.socket.pause()
    const last = live.lastId + 300
    think(live, 300, 50_000)
    await live.waitFor(() => live.lastId >= last, 'everything')
    await server.letGo
    slow.socket.resume()
    await slow.closed()
    assert.ok(slow.closeCode === 4008 || slow.closeCode === 1006, `${slow.closeCode}`)
    assert.deepEqual(ids(slow), range(0, slow.lastId), 'what it was sent is whole')
    assert.ok(slow.lastId < last, 'and not everything')
    const back = await SocketClient.connect(server.url, { session: live.session, cursor: slow.lastId })
    await back.waitFor(() => back.lastId >= last, 'the rest')
    assert.deepEqual([...slow.events, ...back.events], live.events)
    await Promise.all([live.close(), back.close()])
  })

  test('[P38] a client that does not answer pings is let go; one that does stays', async () => {
    await using server = await ownDoor({ pingEveryMs: 50 })
    const alive = await SocketClient.connect(server.url)
    const dead = new RawSocket(server.url, { target: `/ws?session=${alive.session}` })
    dead.read()
    await assert.rejects(
      dead.until(() => false, 'the goodbye'),
      /ended before the goodbye: HTTP\/1\.1 101/,
    )
    think(alive, 1, 10)
    await alive.waitFor(frame => frame.action === 'think', 'a thought')
    await alive.close()
  })

  test('[P50] a session that cannot be opened ends its connection with 1011 and nothing else', async () => {
    await using server = await ownDoor({})
    await server.closeManager()
    for (const protocols of [[], ['openhands', 'NO_JWT', 'NO_GITHUB']]) {
      const client = await SocketClient.connect(server.url, { protocols })
      await client.closed()
      assert.equal(client.closeCode, 1011)
    }
  })
})

interface OwnDoor extends AsyncDisposable {
  readonly url: string
  closeManager(): Promise<void>
  /** Resolves when a client that took nothing was let go. */
  readonly letGo: Promise<void>
}

/** The server's own parts with a door of this test's making, in this process: the times that a door waits are its parameters. */
async function ownDoor(times: { stalledMs?: number; pingEveryMs?: number }): Promise<OwnDoor> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const { config } = readConfig(['--data-dir', folder.path, '--port', '0'], { OPENHANDS_CONFIG: '/dev/null' })
  const letGo = Promise.withResolvers<void>()
  const warn = (message: string): void => (/does not keep up/.test(message) ? letGo.resolve() : undefined)
  const log = { info: () => undefined, warn, error: () => undefined }
  const engine = stack.use(await startEngine(config, log))
  const hosts = new Set<string>()
  const access = new Access({ hosts, localMode: true, token: () => undefined, isOwnPeer: async () => true })
  const door = new SocketDoor({
    access,
    manager: engine.manager,
    sessionTokens: sessionTokens(() => 'secret'),
    log,
    ...times,
  })
  const health = () => ({ status: 'OK' as const, sandbox: 'local', isolated: false, sessions: 0, memoryBytes: 0 })
  const listening: Listening = stack.use(
    await listen({ host: config.host, port: 0, access, doors: [door], health, log }),
  )
  const ends = stack.move()
  return {
    url: `http://127.0.0.1:${listening.address.port}`,
    closeManager: () => engine.manager[Symbol.asyncDispose](),
    letGo: letGo.promise,
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}
