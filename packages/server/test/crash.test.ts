import assert from 'node:assert/strict'
import { existsSync, watch } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { crashPoints } from '../src/core/ports.ts'
import { type Gate, newGate } from '../src/testing/scripted-model/gate.ts'
import type { NormalizedRequest } from '../src/testing/scripted-model/request.ts'
import { gateAfter, type Reply, tool, tools } from '../src/testing/scripted-model/script.ts'
import type { SocketClient } from '../src/testing/socket-client.ts'
import { World } from '../src/testing/world.ts'

/** A command that leaves its name in a file that is only ever appended to: a name that stands there twice ran twice. */
const counted = (name: string, more = ''): { command: string } => ({
  command: `echo ${name} >> count; ${more}echo ran ${name}`,
})
const step = (name: string, more = ''): Reply => tool('execute_bash', counted(name, more))
const finish = tool('finish', { message: 'All done.' })

/** A run of three commands and a finish, then the same again for every further message. */
function steps(replies: readonly Reply[]): (request: NormalizedRequest) => Reply {
  return ({ turn }) => replies[turn] ?? step(`late${turn}`)
}

interface Scenario {
  readonly name: string
  readonly replies: (gate: Gate) => readonly Reply[]
  readonly args?: readonly string[]
  /** `:count[:kind]` after the point. */
  readonly when?: string
  /** Brings the session to the moment, arms, and lets it go on. */
  readonly reach: (world: World, client: SocketClient, gate: Gate) => Promise<void>
}

const scenarios: readonly Scenario[] = [
  {
    name: 'idle',
    replies: () => [step('a'), finish, step('b'), step('c'), finish],
    async reach(world, client) {
      await client.waitForState('finished')
      await arm(world)
      client.say('and again')
    },
  },
  {
    name: 'model call',
    replies: gate => [step('a'), gateAfter(200, gate, step('b')), step('c'), finish],
    async reach(world, _, gate) {
      await gate.reached
      await arm(world)
      gate.open()
    },
  },
  {
    name: 'command running',
    replies: () => [step('a', 'while [ ! -e go ]; do echo waiting; sleep 0.05; done; '), step('b'), step('c'), finish],
    async reach(world, client) {
      await appears(join(workspace(world, client), 'count'))
      await arm(world)
      await writeFile(join(workspace(world, client), 'go'), '')
    },
  },
  {
    name: 'between action and observation',
    replies: gate => [gateAfter(200, gate, step('a')), step('b'), finish],
    when: ':1:run',
    async reach(world, _, gate) {
      await gate.reached
      await arm(world)
      gate.open()
    },
  },
  {
    name: 'parallel calls',
    replies: gate => [
      gateAfter(200, gate, tools(['a', 'b', 'c'].map(name => ({ name: 'execute_bash', args: counted(name) })))),
      step('d'),
      finish,
    ],
    when: ':2',
    async reach(world, _, gate) {
      await gate.reached
      await arm(world)
      gate.open()
    },
  },
  {
    name: 'awaiting confirmation',
    args: ['--confirmation', 'always'],
    replies: () => [step('a'), step('b'), finish],
    async reach(world, client) {
      await client.waitForState('awaiting_user_confirmation')
      await arm(world)
      client.send({ action: 'change_agent_state', args: { agent_state: 'user_confirmed' } })
    },
  },
]

for (const scenario of scenarios) {
  for (const point of crashPoints) {
    test(`[C5] kill -9 ${point}, ${scenario.name}: nothing seen is lost, nothing runs twice, the session goes on`, async () => {
      const gate = newGate()
      const kindless = point.includes('model')
      const when = kindless ? '' : (scenario.when ?? '')
      await using world = await World.start({
        script: steps(scenario.replies(gate)),
        env: { CRASH_AT: `${point}${when}` },
        ...(scenario.args ? { args: scenario.args } : {}),
      })
      const client = await world.connect()
      client.start('count')
      await scenario.reach(world, client, gate)
      assert.equal(await world.server.exited, 'SIGKILL')
      await client.closed()
      gate.open()
      await assertGoesOn(world, client)
    })
  }
}

test('[C5] kill -9 while a question is open: it is still open after the restart, and any client may answer', async () => {
  await using world = await World.start({
    script: steps([step('a'), finish]),
    args: ['--confirmation', 'always'],
  })
  const client = await world.connect()
  client.start('count')
  await client.waitForState('awaiting_user_confirmation')
  await world.restart()
  await client.closed()
  assert.equal(existsSync(join(workspace(world, client), 'count')), false)
  await assertGoesOn(world, client)
})

/** After the crash: the log has what was seen, the run comes to its end, each command ran once at most. */
async function assertGoesOn(world: World, before: SocketClient): Promise<void> {
  await rm(join(world.dataDir, 'armed'), { force: true })
  await world.restart()
  const after = await world.connect({ session: before.session })
  const over = new AbortController()
  const confirming = confirmAll(after, over.signal)
  await after.waitFor(() => after.lastId >= before.lastId, 'what had been seen')
  await after.waitFor(frame => frame.action === 'finish' && Number(frame.id) > lastSaid(after), 'a finish')
  over.abort()
  await confirming
  const known = new Map(after.events.map(event => [event.id, JSON.stringify(event)]))
  for (const event of before.events) assert.equal(known.get(event.id), JSON.stringify(event), before.trail())
  assert.deepEqual(
    [...known.keys()],
    [...known.keys()].map((_, index) => index),
    'ids are dense',
  )
  const names = (await readFile(join(workspace(world, after), 'count'), 'utf8').catch(() => ''))
    .split('\n')
    .filter(Boolean)
  assert.deepEqual(names, [...new Set(names)], 'every command ran once at most')
  assert.deepEqual(world.model.refusals(), [])
  const causes = after.events.flatMap(event =>
    'observation' in event && event.cause !== undefined ? [event.cause] : [],
  )
  assert.deepEqual(causes, [...new Set(causes)], 'every action is answered once')
}

/** The newest user message of a log. */
function lastSaid(client: SocketClient): number {
  return (
    client.events.findLast(event => 'action' in event && event.action === 'message' && event.source === 'user')?.id ??
    -1
  )
}

async function confirmAll(client: SocketClient, signal: AbortSignal): Promise<void> {
  for (let asked = 1; !signal.aborted; asked++) {
    const gone = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.race([client.waitForState('awaiting_user_confirmation', asked), gone])
    if (!signal.aborted) client.send({ action: 'change_agent_state', args: { agent_state: 'user_confirmed' } })
  }
}

function workspace(world: World, client: SocketClient): string {
  return join(world.dataDir, 'workspaces', client.session)
}

async function arm(world: World): Promise<void> {
  await writeFile(join(world.dataDir, 'armed'), '')
}

/** Resolves once a file is there. */
async function appears(path: string): Promise<void> {
  const folder = join(path, '..')
  await new Promise<void>(resolve => {
    const watcher = watch(existsSync(folder) ? folder : '/', () => check())
    const timer = setInterval(() => check(), 20)
    const check = (): void => {
      if (!existsSync(path)) return
      clearInterval(timer)
      watcher.close()
      resolve()
    }
    check()
  })
}
