import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newGate } from '../src/testing/scripted-model/gate.ts'
import { gate, text, tool } from '../src/testing/scripted-model/script.ts'
import type { SocketClient } from '../src/testing/socket-client.ts'
import { World } from '../src/testing/world.ts'

const named = (client_id: string, content = client_id): object => ({ action: 'message', client_id, args: { content } })
const amend = (message: number, content: string | null): object => ({ action: 'amend', args: { message, content } })
const finish = tool('finish', { message: 'Done.' })

/** What the user has said, as the log has it. */
function said(client: SocketClient): readonly string[] {
  return client.events.flatMap(event => ('action' in event && event.action === 'message' ? [event.args.content] : []))
}

function idOf(client: SocketClient, content: string): number {
  return client.events.find(event => event.message === content)?.id ?? assert.fail(`no ${content}`)
}

test('[P30] whatever is sent again after a lost connection is taken once, from any tab and across kill -9', async () => {
  let running = 0
  let most = 0
  await using world = await World.start({
    script: async () => {
      most = Math.max(most, ++running)
      await new Promise(resolve => setImmediate(resolve))
      running--
      return finish
    },
  })
  const first = await world.connect()
  const { session } = first
  const send = (client: SocketClient, from: number, to: number): void => {
    for (let i = from; i < to; i++) client.send(named(`m${i}`))
  }
  send(first, 0, 4) // before anything is ready
  await first.waitFor(frame => frame.client_id === 'm3')
  await first.drop()
  const [left, right] = [await world.connect({ session }), await world.connect({ session })]
  for (const tab of [left, right]) send(tab, 0, 8)
  left.send({ action: 'change_agent_state', client_id: 's', args: { agent_state: 'stopped' } })
  for (const tab of [right, left]) send(tab, 4, 12)
  left.send({ action: 'run', client_id: 'run', args: { command: 'echo once >> effects' } })
  right.send({ action: 'run', client_id: 'run', args: { command: 'echo once >> effects' } })
  await left.waitFor(frame => frame.client_id === 'm11')
  await left.waitFor(frame => frame.client_id === 'run')
  await Promise.all([left.drop(), right.drop()])
  await world.restart()
  const last = await world.connect({ session })
  send(last, 0, 13)
  last.send({ action: 'run', client_id: 'run', args: { command: 'echo once >> effects' } })
  last.send({ action: 'run', client_id: 'look', args: { command: 'cat effects' } })
  const looked = await last.waitFor(
    frame => frame.observation === 'run' && Object(frame.extras).command === 'cat effects',
    'the look',
  )
  assert.ok(String(looked.content).trim().split('\n').length <= 1, `${looked.content}`)
  await last.waitForState('finished')
  const ids = last.events.flatMap(event => event.client_id ?? []).filter(id => id.startsWith('m'))
  assert.deepEqual(ids.toSorted(), Array.from({ length: 13 }, (_, i) => `m${i}`).toSorted())
  assert.ok(!last.frames.some(frame => 'error' in frame), 'sending again is no fault')
  assert.equal(most, 1, '[P30] one run at a time')
  const other = await world.connect({ session })
  await other.waitFor(frame => frame.id === last.lastId)
  assert.deepEqual(other.events, last.events, 'every tab has the same log')
})

test('[P30] messages that wait are the server’s: seen by all, changed, taken back, kept across kill -9, then read as they are', async () => {
  const held = newGate()
  await using world = await World.start({ script: [gate(held, text('Working.')), finish] })
  const client = await world.connect()
  client.start('begin')
  await world.model.waitForRequest(1)
  for (const each of ['one', 'two', 'three']) client.say(each)
  await client.waitFor(frame => frame.message === 'three')
  const [one, two, three] = ['one', 'two', 'three'].map(each => idOf(client, each))
  client.send(amend(one ?? -1, 'the first'))
  client.send(amend(two ?? -1, null))
  await client.waitFor(frame => frame.action === 'amend' && Object(frame.args).message === two)
  client.send({ ...amend(idOf(client, 'begin'), 'too late'), client_id: 'late' })
  const refused = await client.waitFor(frame => frame.error === true, 'the refusal')
  assert.deepEqual([refused.code, refused.field, refused.client_id], ['no_effect', 'args.message', 'late'])
  client.send(amend(two ?? -1, 'gone'))
  await client.waitFor(() => client.frames.filter(frame => frame.error === true).length === 2, 'the second refusal')
  await world.restart()
  const back = await world.connect({ session: client.session })
  back.send(amend(three ?? -1, 'the third'))
  await world.model.waitForRequest(2)
  held.open()
  await back.waitForState('finished')
  const asked = JSON.stringify(world.model.requests.at(-1)?.body)
  for (const word of ['begin', 'the first']) assert.ok(asked.includes(word), asked)
  for (const word of ['"two"', '"one"', 'left out here']) assert.ok(!asked.includes(word), asked)
  assert.deepEqual(said(back).slice(0, 4), ['begin', 'one', 'two', 'three'], 'the log is what it was')
  assert.deepEqual(world.model.refusals(), [])
})

test('[P30] what was taken back before the session was ready is not begun', async () => {
  await using world = await World.start({ script: () => finish })
  const client = await world.connect()
  client.start('never mind')
  client.send(amend(2, null))
  await client.waitForState('init')
  const task = client.events.find(event => event.message === 'never mind')
  const taken = client.events.find(event => 'action' in event && event.action === 'amend')
  assert.deepEqual([task?.id, taken !== undefined], [2, true], client.trail())
  client.say('this instead')
  await client.waitForState('finished')
  assert.equal(world.model.requests.length, 1)
  assert.ok(!JSON.stringify(world.model.requests[0]?.body).includes('never mind'))
})
