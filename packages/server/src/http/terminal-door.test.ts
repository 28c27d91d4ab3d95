import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type SessionId, TerminalList, TerminalServerFrame } from '@openhands/protocol'
import { WebSocket } from 'ws'
import { ask, hostileNames } from '../testing/api-client.ts'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { eventually } from '../testing/runtime-contract.ts'
import { Access } from './access.ts'
import { sandboxRoutes } from './sandbox-routes.ts'
import { TerminalDoor } from './terminal-door.ts'
import { terminalRoutes } from './terminal-routes.ts'

const TOKEN = 'the-token-of-this-server'
const noSignal = new AbortController().signal

/** Somebody who looks at a terminal through a socket, and remembers what was shown since the last whole screen. */
class Viewer {
  shown = ''
  screens = 0
  readonly frames: TerminalServerFrame[] = []
  readonly socket: WebSocket
  closeCode: number | undefined
  #changed = Promise.withResolvers<void>()

  constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers })
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) this.shown += String(data)
      else this.#take(TerminalServerFrame.parse(JSON.parse(String(data))))
      this.#wake()
    })
    this.socket.on('close', code => {
      this.closeCode = code
      this.#wake()
    })
    this.socket.on('error', () => undefined)
  }

  #take(frame: TerminalServerFrame): void {
    this.frames.push(frame)
    if (frame.type !== 'screen') return
    this.screens++
    this.shown = ''
  }

  async sees(what: RegExp): Promise<void> {
    await this.until(
      () => what.test(this.shown),
      () => `${what} in ${JSON.stringify(this.shown.slice(-500))}`,
    )
  }

  async frame<T extends TerminalServerFrame['type']>(
    type: T,
    fits: (frame: Extract<TerminalServerFrame, { type: T }>) => boolean = () => true,
  ): Promise<void> {
    const has = (): boolean => this.frames.some(one => one.type === type && fits(one as never)) // its type says so
    await this.until(has, () => `${type} in ${JSON.stringify(this.frames)}`)
  }

  async until(holds: () => boolean, what: () => string): Promise<void> {
    while (!holds()) {
      if (this.closeCode !== undefined) throw new Error(`closed with ${this.closeCode} before ${what()}`)
      await this.#changed.promise
    }
  }

  async closed(): Promise<void> {
    while (this.closeCode === undefined) await this.#changed.promise
  }

  type(text: string): void {
    this.socket.send(Buffer.from(text))
  }

  ask(frame: object): void {
    this.socket.send(JSON.stringify(frame))
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

describe('the door of terminals', () => {
  let world: RoutesWorld
  let door: TerminalDoor
  let id: SessionId
  let base = ''
  let token = ''

  before(async () => {
    world = await startRoutes([terminalRoutes, sandboxRoutes])
    const { manager, sessionTokens, log } = world.parts
    const hosts = new Set([new URL(world.url).host])
    const access = new Access({ hosts, localMode: false, token: () => TOKEN, isOwnPeer: async () => false })
    door = new TerminalDoor({ access, manager, sessionTokens, log, stalledMs: 5_000 })
    world.app.server.on('upgrade', (request, socket, head) => {
      door.upgrade(request, socket, head).catch(() => socket.destroy())
    })
    const session = await world.session()
    id = session.id
    token = session.authorization.slice('Bearer '.length)
    await manager.close(id) // a stored one, whose sandbox does not run
    base = `${world.url}/api/conversations/${id}`
  })
  after(async () => {
    door.close()
    await world[Symbol.asyncDispose]()
  })

  const address = (query: string): string => `${world.url.replace('http', 'ws')}/ws/terminal?${query}`
  const bearer = { authorization: `Bearer ${TOKEN}` }
  const view = async (terminal: string): Promise<Viewer> => {
    const viewer = new Viewer(address(`conversation_id=${id}&terminal_id=${terminal}`), bearer)
    await viewer.frame('screen')
    return viewer
  }
  const opened = async (): Promise<string> => {
    const { status, json } = await ask(`${base}/terminals`, 'POST', { cols: 90, rows: 30 })
    assert.equal(status, 201)
    return json.id
  }
  const run = async (command: string) => {
    const runtime = await (await world.parts.manager.open(id)).runtime(noSignal)
    return await runtime.run({ command, isInput: false, timeoutMs: 60_000 }, noSignal)
  }
  const refusal = async (query: string, headers: Record<string, string> = bearer, protocols: string[] = []) => {
    const socket = new WebSocket(address(query), protocols, { headers })
    const { promise, resolve } = Promise.withResolvers<number>()
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => undefined)
    const status = await promise
    socket.terminate()
    return status
  }

  test('looking starts no sandbox: there are no terminals, and no socket', async () => {
    assert.deepEqual((await ask(`${base}/terminals`)).json, { running: false, terminals: [] })
    assert.equal(await refusal(`conversation_id=${id}&terminal_id=agent`), 409)
    assert.equal((await ask(`${base}/terminals/t1`, 'DELETE')).status, 404)
    assert.equal((await ask(`${base}/sandbox`)).json.running, false)
  })

  test('[F20] several people at one terminal see the same, whoever types; who comes later sees what was', async () => {
    const terminal = await opened()
    const one = await view(terminal)
    one.type('echo "is $PWD"; stty size\r')
    await one.sees(/is \S*\r\n30 90\r\n/)
    const two = await view(terminal)
    await two.sees(/is \S*\r\n30 90\r\n/)
    two.ask({ type: 'resize', cols: 77, rows: 22 })
    await one.frame('resized', ({ cols, rows }) => cols === 77 && rows === 22)
    two.type('echo from-$((1+1)); stty size\r')
    for (const viewer of [one, two]) await viewer.sees(/from-2\r\n22 77\r\n/)
    const { terminals } = TerminalList.parse((await ask(`${base}/terminals`)).json)
    const info = terminals.find(each => each.id === terminal)
    assert.deepEqual([info?.cols, info?.rows, info?.viewers, info?.of], [77, 22, 2, 'person'])
    one.ask({ type: 'take_over' })
    await one.frame('error')
    one.socket.send('{ not json')
    await one.until(
      () => one.frames.filter(({ type }) => type === 'error').length === 2,
      () => 'another refusal',
    )
    one.socket.terminate()
    two.type('exit\r')
    await two.frame('exit')
    await two.closed()
    assert.equal(two.closeCode, 1000)
    assert.equal(await refusal(`conversation_id=${id}&terminal_id=${terminal}`), 404)
  })

  test('a terminal lives on when nobody looks, and ends when it is closed', async () => {
    const terminal = await opened()
    const one = await view(terminal)
    one.type('kept=yes; echo ready-$kept\r')
    await one.sees(/ready-yes/)
    one.socket.terminate()
    const two = await view(terminal)
    two.type('echo still-$kept\r')
    await two.sees(/still-yes/)
    assert.deepEqual((await ask(`${base}/terminals/${terminal}`, 'DELETE')).json, { done: true })
    await two.frame('exit')
    assert.equal((await ask(`${base}/terminals/${terminal}`, 'DELETE')).status, 404)
  })

  test("[F20] the agent's terminal is watched, taken over by one, and given back, also by who goes away", async () => {
    await run('echo what the agent did')
    const [one, two] = [await view('agent'), await view('agent')]
    for (const viewer of [one, two]) await viewer.sees(/what the agent did\r\n/)
    await run('echo something more')
    for (const viewer of [one, two]) await viewer.sees(/something more\r\n/)
    one.type('echo not-allowed\r')
    await one.frame('error', ({ message }) => /take it over first/.test(message))
    one.ask({ type: 'take_over', cols: 90, rows: 30 })
    await one.frame('holder', ({ holder }) => holder === 'you')
    await two.frame('holder', ({ holder }) => holder === 'somebody')
    two.ask({ type: 'take_over' })
    await two.frame('error', ({ message }) => /Somebody has/.test(message))
    one.type('echo by-$((2+1)); stty size\r')
    for (const viewer of [one, two]) await viewer.sees(/by-3\r\n30 90\r\n/)
    assert.match((await run('echo agent')).output, /a person has this terminal/)
    assert.equal((await ask(`${base}/terminals`)).json.terminals[0].taken, true)
    one.ask({ type: 'give_back' })
    await two.frame('holder', ({ holder }) => holder === 'agent')
    await eventually(async () => (await run('echo the agent again')).output === 'the agent again\n', 'the agent has it')
    two.ask({ type: 'take_over' })
    await two.frame('holder', ({ holder }) => holder === 'you')
    const before = one.frames.length
    two.socket.terminate()
    await one.until(
      () => one.frames.slice(before).some(frame => frame.type === 'holder' && frame.holder === 'agent'),
      () => 'given back',
    )
    await eventually(async () => (await run('echo and again')).output === 'and again\n', 'the agent has it')
    assert.equal((await ask(`${base}/terminals/agent`, 'DELETE')).status, 404)
    one.socket.terminate()
  })

  test('[P38] who reads slowly misses something and begins anew, who never reads is let go; others see everything', async () => {
    const terminal = await opened()
    const [slow, deaf, good] = [await view(terminal), await view(terminal), await view(terminal)]
    slow.socket.pause()
    deaf.socket.pause()
    good.type("stty -echo; head -c 30000000 /dev/zero | tr '\\0' x; echo; echo e''nd-of-it\r")
    let size = 0
    good.socket.on('message', (data, isBinary) => {
      if (!isBinary) return
      size += String(data).length
      good.shown = good.shown.slice(-1000)
    })
    await good.sees(/end-of-it/)
    assert.ok(size > 30_000_000, String(size))
    slow.socket.resume()
    await slow.until(
      () => slow.screens > 1 && /end-of-it/.test(slow.shown),
      () => 'the screen again',
    )
    const list = async (): Promise<number> => {
      const { terminals } = TerminalList.parse((await ask(`${base}/terminals`)).json)
      return terminals.find(each => each.id === terminal)?.viewers ?? 0
    }
    while ((await list()) > 2) await new Promise(resolve => setTimeout(resolve, 50))
    assert.equal(await list(), 2, 'who never reads is let go')
    for (const viewer of [slow, deaf, good]) viewer.socket.terminate()
    await ask(`${base}/terminals/${terminal}`, 'DELETE')
  })

  test('[F20] at most eight, and the ninth is told what to do', async () => {
    const ids = []
    for (let count = 0; count < 8; count++) ids.push(await opened())
    const ninth = await ask(`${base}/terminals`, 'POST', {})
    assert.equal(ninth.status, 409)
    assert.match(ninth.json.remedy, /Close a terminal/)
    for (const terminal of ids) await ask(`${base}/terminals/${terminal}`, 'DELETE')
    assert.equal((await ask(`${base}/terminals`, 'POST', { cols: 0 })).status, 422)
    assert.equal((await ask(`${base}/terminals`, 'POST', { rows: 1e9 })).status, 422)
  })

  test('[S02] [S03] [S09] [S10] who may not come in is refused before the 101', async () => {
    const asked = `conversation_id=${id}&terminal_id=agent`
    assert.equal(await refusal(asked, {}), 401)
    assert.equal(await refusal(asked, { authorization: 'Bearer wrong' }), 401)
    assert.equal(await refusal(asked, { ...bearer, origin: 'http://evil.example' }), 403)
    assert.equal(await refusal(asked, { ...bearer, host: 'evil.example' }), 421)
    assert.equal(await refusal(asked, {}, ['openhands', token]), 101, 'a session opens its own terminals')
    assert.equal(await refusal(asked, bearer, ['openhands', 'no.such.token']), 401)
    const { id: other } = await world.session()
    assert.equal(await refusal(`conversation_id=${other}&terminal_id=agent`, {}, ['openhands', token]), 404)
    for (const query of [
      '',
      'terminal_id=agent',
      `conversation_id=${id}`,
      `conversation_id=${'0'.repeat(32)}&terminal_id=agent`,
    ])
      assert.equal(await refusal(query), 404, query)
    for (const name of [...hostileNames, 't999', 'Agent']) {
      assert.equal(await refusal(`conversation_id=${id}&terminal_id=${name}`), 404, name)
      assert.equal(await refusal(`conversation_id=${name}&terminal_id=agent`), 404, name)
      const { status } = await ask(`${base}/terminals/${name}`, 'DELETE')
      assert.ok([400, 404, 414, 422].includes(status), `${name}: ${status}`)
    }
    assert.equal((await ask(`${world.url}/api/conversations/${'0'.repeat(32)}/terminals`, 'POST', {})).status, 404)
  })
})
