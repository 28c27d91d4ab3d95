import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { drip, hang, type Reply, text, tool } from '../src/testing/scripted-model/script.ts'
import type { SocketClient } from '../src/testing/socket-client.ts'
import { World } from '../src/testing/world.ts'

const LIMIT_MS = 2_000

interface Phase {
  readonly name: string
  readonly reply: Reply
  /** Resolves when the phase has begun. */
  readonly begun: (world: World, client: SocketClient) => Promise<unknown>
  readonly args?: readonly string[]
}

const command = (text: string): Reply => tool('execute_bash', { command: text, timeout: 600 })
const stubborn = `python3 -c "
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('ready', flush=True)
while True: time.sleep(0.1)"`
const outputOf = (client: SocketClient) =>
  client.waitFor(frame => 'delta' in frame && JSON.stringify(frame).includes('"output"'))

const phases: readonly Phase[] = [
  { name: 'the model hangs', reply: hang(300), begun: world => world.model.waitForRequest(1) },
  {
    name: 'the model streams',
    reply: drip(50, text(Array.from({ length: 2000 }, (_, i) => `word${i} `))),
    begun: (_, client) => client.waitFor(frame => 'delta' in frame),
  },
  { name: 'sleep 1000', reply: command('echo begun; sleep 1000'), begun: (_, client) => outputOf(client) },
  {
    name: 'a program that ignores SIGINT and SIGTERM',
    reply: command(stubborn),
    begun: (_, client) => outputOf(client),
  },
  { name: 'endless output', reply: command('yes'), begun: (_, client) => outputOf(client) },
  {
    name: 'a setsid child in front',
    reply: command('echo begun; setsid --wait sleep 1000'),
    begun: (_, client) => outputOf(client),
  },
  {
    name: 'an open question',
    reply: command('echo never'),
    args: ['--confirmation', 'always'],
    begun: (_, client) => client.waitForState('awaiting_user_confirmation'),
  },
]

for (const phase of phases) {
  test(`[P07] stop while ${phase.name}: stopped within 2 s, nothing lives on, the next message works`, async () => {
    let first = true
    await using world = await World.start({
      script: () => {
        const reply = first ? phase.reply : tool('finish', { message: 'Here again.' })
        first = false
        return reply
      },
      ...(phase.args ? { args: phase.args } : {}),
    })
    const client = await world.connect({ deltas: true })
    client.start('go')
    await phase.begun(world, client)
    const asked = performance.now()
    client.send({ action: 'change_agent_state', args: { agent_state: 'stopped' } })
    await client.waitForState('stopped')
    const openAction = client.events.findLast(event => 'action' in event && event.action === 'run')
    if (openAction) await client.waitFor(frame => frame.cause === openAction.id, 'the answer to the action')
    assert.ok(performance.now() - asked < LIMIT_MS, `took ${performance.now() - asked} ms`)
    const request = world.model.requests[0]
    if (request?.outcome.kind === 'pending') await request.closed
    assert.deepEqual(await commandsOf(world.server.pid), [])
    client.say('and now?')
    await client.waitForState('finished')
    assert.deepEqual(world.model.refusals(), [])
    assert.ok(!client.frames.some(frame => JSON.stringify(frame).includes('"agent_state":"error"')))
  })
}

/** What the tests' commands would be running as, below the server: empty when all are gone. */
async function commandsOf(server: number): Promise<readonly string[]> {
  const parents = new Map<number, number>()
  const names = new Map<number, string>()
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry)
    if (!pid || !existsSync(`/proc/${pid}/stat`)) continue
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
    const [, name = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? []
    parents.set(pid, Number(rest.split(' ')[1]))
    if (!rest.startsWith('Z')) names.set(pid, name)
  }
  const isBelow = (pid: number): boolean => {
    for (let at = parents.get(pid); at; at = parents.get(at)) if (at === server) return true
    return false
  }
  const leftOver = new Set(['sleep', 'python3', 'yes', 'setsid'])
  return [...names].filter(([pid, name]) => leftOver.has(name) && isBelow(pid)).map(([, name]) => name)
}
