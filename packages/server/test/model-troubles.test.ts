import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { cut, drip, http, rawToolCall, text, tool } from '../src/testing/scripted-model/script.ts'
import { ServerProcess } from '../src/testing/server-process.ts'
import { SocketClient } from '../src/testing/socket-client.ts'
import { MODEL_KEY, World } from '../src/testing/world.ts'

const finish = tool('finish', { message: 'Done.' })

test('[P12] a rate limit is waited out as the provider asks, with a countdown that everybody sees', async () => {
  await using world = await World.start({ script: [http(429, { 'retry-after': '2' }), finish] })
  const client = await world.connect()
  client.start('go')
  await client.waitForState('finished')
  const waits = client.frames.filter(frame => frame.id === 'STATUS$LLM_RETRY').map(frame => String(frame.message))
  assert.match(waits[0] ?? '', /Trying again in [23] s \(try 2 of 6\)/)
  assert.ok(waits.length >= 2, waits.join('\n'))
  const [first, second] = world.model.requests
  assert.ok((second?.arrivedAt ?? 0) - (first?.arrivedAt ?? 0) >= 2000)
})

test('[P12] who does not want to wait says so, and the model is asked at once', async () => {
  await using world = await World.start({ script: [http(429, { 'retry-after': '600' }), finish] })
  const client = await world.connect()
  client.send({ action: 'retry_now' })
  const refused = await client.waitFor(frame => frame.error === true, 'the refusal')
  assert.equal(refused.code, 'no_effect')
  client.start('go')
  await client.waitFor(frame => frame.id === 'STATUS$LLM_RETRY')
  client.send({ action: 'retry_now' })
  await client.waitForState('finished')
  assert.equal(world.model.requests.length, 2)
})

test('[P07] a stop ends the wait for a rate limit at once', async () => {
  await using world = await World.start({ script: [http(429, { 'retry-after': '600' }), finish] })
  const client = await world.connect()
  client.start('go')
  await client.waitFor(frame => frame.id === 'STATUS$LLM_RETRY')
  client.send({ action: 'change_agent_state', args: { agent_state: 'stopped' } })
  await client.waitForState('stopped')
  assert.equal(world.model.requests.length, 1)
})

test('[P24] answers cut in the middle of a call run nothing, are asked for again, and are not shown twice', async () => {
  const call = tool('execute_bash', { command: 'echo once >> count; cat count' }, { text: 'Counting now. '.repeat(20) })
  await using world = await World.start({ script: [cut(900, call), cut(1_500, call), call, finish] })
  const client = await world.connect({ deltas: true })
  client.start('go')
  await client.waitForState('finished')
  const runs = client.events.filter(event => 'observation' in event && event.observation === 'run')
  assert.deepEqual(
    runs.map(event => ('content' in event ? event.content.trim() : '')),
    ['once'],
  )
  assert.ok(client.frames.some(frame => 'delta' in frame && JSON.stringify(frame).includes('"restart":true')))
  assert.deepEqual(world.model.refusals(), [])
})

test('[P26] a wrong key pauses the run and says so; with the right one the same session goes on', async () => {
  await using world = await World.start({ script: () => finish, env: { LLM_API_KEY: 'wrong-key-0123456789' } })
  const client = await world.connect()
  client.start('go')
  await client.waitForState('paused')
  const trouble = client.events.find(event => 'observation' in event && event.observation === 'error')
  assert.match(trouble?.message ?? '', /key/i)
  assert.ok(!JSON.stringify(client.frames).includes('wrong-key-0123456789'), 'the key itself is never told')
  client.send({ action: 'initialize', args: { LLM_API_KEY: MODEL_KEY, LLM_BASE_URL: world.model.baseUrl('chat') } })
  client.send({ action: 'change_agent_state', args: { agent_state: 'running' } })
  await client.waitForState('finished')
  assert.ok(!JSON.stringify(client.frames).includes(MODEL_KEY))
  assert.ok(!world.server.log.join('\n').includes(MODEL_KEY))
})

test('[P15] malformed calls become results that the model sees, and the run goes on', async () => {
  await using world = await World.start({
    script: [
      rawToolCall('execute_bash', '{"command": "ls'),
      tool('no_such_tool', { a: 1 }),
      tool('execute_bash', { command: 7 }),
      rawToolCall('execute_bash', '{"command":"echo fine"} and more'),
      finish,
    ],
  })
  const client = await world.connect()
  client.start('go')
  await client.waitForState('finished')
  const errors = client.events.filter(event => 'observation' in event && event.observation === 'error')
  assert.equal(errors.length >= 3, true, client.trail())
  assert.deepEqual(world.model.refusals(), [])
})

test('[E7] live words come to who asked for them, in few frames, and never after the event that has them', async () => {
  const words = Array.from({ length: 300 }, (_, i) => `word${i} `)
  await using world = await World.start({ script: [drip(1, text(words))] })
  const [eager, calm] = await Promise.all([world.connect({ deltas: true }), world.connect()])
  eager.start('talk')
  await eager.waitForState('awaiting_user_input')
  const deltas = eager.frames.flatMap(frame => ('delta' in frame ? [frame.delta as { of: string; text: string }] : []))
  const live = deltas.filter(delta => delta.of === 'text').map(delta => delta.text)
  assert.equal(live.join(''), words.join(''))
  assert.ok(live.length < words.length)
  const said = eager.frames.findIndex(frame => frame.action === 'message' && frame.source === 'agent')
  assert.ok(eager.frames.findLastIndex(frame => 'delta' in frame) < said)
  assert.equal(
    calm.frames.some(frame => 'delta' in frame),
    false,
  )
})

test('[M5] a recorded session plays again without any provider, with the same events', async () => {
  await using world = await World.start({
    script: [tool('execute_bash', { command: 'echo recorded' }, { text: 'Look.' }), finish],
    env: { LLM_RECORD: 'recordings' },
  })
  const client = await world.connect()
  client.start('go')
  await client.waitForState('finished')
  const folder = join(world.dataDir, 'recordings')
  const [file = ''] = await readdir(folder)
  await world.server.stop()
  await using replay = await ServerProcess.start({
    dataDir: world.dataDir,
    env: { LLM_MODEL: `replay/${join(folder, file)}` },
  })
  const again = await SocketClient.connect(replay.url)
  again.start('go')
  await again.waitForState('finished')
  const story = (one: SocketClient): unknown[] =>
    one.events.map(event => ('action' in event ? [event.action, event.args] : [event.observation, event.content]))
  assert.deepEqual(story(again), story(client))
})
