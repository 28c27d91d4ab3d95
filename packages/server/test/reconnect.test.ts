import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '@openhands/protocol'
import { type Reply, tool, tools } from '../src/testing/scripted-model/script.ts'
import { seeded } from '../src/testing/seeded.ts'
import { SocketClient } from '../src/testing/socket-client.ts'
import { TcpProxy } from '../src/testing/tcp-proxy.ts'
import { World } from '../src/testing/world.ts'

const EVENTS = 5_000
const CUTS = 100
const PER_STEP = 25

/** Thoughts, many at a time and each another one, until there are enough events. */
function thinking(turn: number, enough: boolean): Reply {
  if (enough && (turn + 1) * PER_STEP > EVENTS) return tool('finish', { message: 'Enough.' })
  const calls = Array.from({ length: PER_STEP }, (_, i) => ({
    name: 'think',
    args: { thought: `thought ${turn}.${i} ${'x'.repeat((turn * 7 + i * 13) % 300)}` },
  }))
  return tools(calls)
}

test(`[P02] ${EVENTS} events, ${CUTS} cuts at random moments, resumed by cursor: each id once, in order`, async () => {
  const random = seeded(20261122)
  let cuts = 0
  await using world = await World.start({
    script: ({ turn }) => thinking(turn, cuts >= CUTS),
    env: { MAX_ITERATIONS: '100000', LLM_MAX_INPUT_TOKENS: '20000000' },
  })
  await using proxy = await TcpProxy.start(world.server.url)
  const received: Event[] = []
  let session = ''
  for (; ; cuts++) {
    const cursor = received.at(-1)?.id ?? -1
    const client = await SocketClient.connect(`http://127.0.0.1:${proxy.port}`, {
      headers: { host: new URL(world.server.url).host },
      ...(session ? { session, cursor } : {}),
    })
    session ||= client.session
    if (cuts === 0) client.start('think a lot')
    const last = cuts >= CUTS
    if (last) await client.waitFor(frame => frame.action === 'finish', 'the finish')
    else await breakOff(client, proxy, random, cuts)
    received.push(...client.events)
    if (last) break
  }
  const ids = received.map(event => event.id)
  assert.deepEqual(ids, [...ids.keys()])
  assert.ok(ids.length > EVENTS, `${ids.length} events`)
})

/** Lets some events come and then cuts: a reset, a silence, or the middle of a frame. */
async function breakOff(client: SocketClient, proxy: TcpProxy, random: () => number, cut: number): Promise<void> {
  const few = Math.floor(random() * 40)
  if (cut % 3 === 2) {
    await Promise.race([proxy.cutAfter(200 + Math.floor(random() * 12_000)), finished(client)])
    await client.drop()
    return
  }
  await Promise.race([client.waitFor(() => client.events.length >= few, 'some events'), finished(client)])
  if (cut % 3 === 0) proxy.reset()
  else proxy.blackhole()
  await client.drop()
}

async function finished(client: SocketClient): Promise<void> {
  await client.waitFor(frame => frame.action === 'finish', 'the finish').catch(() => undefined)
}
