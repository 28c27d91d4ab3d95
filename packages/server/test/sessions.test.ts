import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../src/config.ts'
import { startEngine } from '../src/engine.ts'
import { newGate } from '../src/testing/scripted-model/gate.ts'
import { gate, text, tool } from '../src/testing/scripted-model/script.ts'
import { startScriptedModel } from '../src/testing/scripted-model/server.ts'
import { temporaryFolder } from '../src/testing/server-process.ts'
import { MODEL_KEY, World } from '../src/testing/world.ts'

test('[S09] sessions that work at the same time show each client its own words and nobody else’s', async () => {
  const SESSIONS = 20
  await using world = await World.start({ script: ({ lastUserText }) => text(`answer to ${lastUserText}`) })
  const clients = await Promise.all(Array.from({ length: SESSIONS }, () => world.connect({ deltas: true })))
  for (const [index, client] of clients.entries()) client.start(`canary-${index}-`)
  await Promise.all(clients.map(client => client.waitForState('awaiting_user_input')))
  for (const [index, client] of clients.entries()) {
    const named = new Set(JSON.stringify(client.frames).match(/canary-\d+-/g))
    assert.deepEqual([...named], [`canary-${index}-`])
  }
})

test('[P28] any number of clients look at one session: all have the same log, whoever comes, goes or stays', async () => {
  await using world = await World.start({ script: ({ turn }) => text(`answer ${turn}`) })
  const first = await world.connect()
  first.start('begin')
  await first.waitForState('awaiting_user_input')
  const { session } = first
  const viewers = await Promise.all(Array.from({ length: 25 }, () => world.connect({ session })))
  for (let i = 0; i < 10; i++) {
    viewers[i]?.say(`from viewer ${i}`)
    if (i % 2 === 1) await viewers[i - 1]?.drop()
  }
  for (let i = 1; i < 10; i += 2) await first.waitFor(frame => frame.message === `from viewer ${i}`)
  await first.drop()
  const staying = viewers.filter(({ closeCode }) => closeCode === undefined)
  const last = staying.at(-1) ?? assert.fail()
  last.say('the end')
  const { id } = await last.waitFor(frame => frame.message === 'the end')
  await Promise.all(staying.map(viewer => viewer.waitFor(frame => frame.id === id)))
  const log = JSON.stringify(last.events.filter(event => event.id <= Number(id)))
  for (const viewer of staying) assert.equal(JSON.stringify(viewer.events.filter(event => event.id <= Number(id))), log)
})

test('[P31] settings that are changed leave a session alone that works with others', async () => {
  const held = newGate()
  await using elsewhere = await startScriptedModel({ script: () => text('From elsewhere.'), apiKey: MODEL_KEY })
  await using world = await World.start({
    script: ({ turn }) => (turn === 0 ? gate(held, tool('execute_bash', { command: 'true' })) : text('From here.')),
  })
  const ask = async (path: string, body: object): Promise<{ conversation_id: string }> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(world.server.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.equal(answer.status, 200, path)
    return (await answer.json()) as { conversation_id: string } // of the one that makes a conversation
  }
  const here = { llm_model: 'openai/gpt-4o', llm_base_url: world.model.baseUrl('chat'), llm_api_key: MODEL_KEY }
  await ask('/api/settings', here)
  const { conversation_id: old } = await ask('/api/conversations', { initial_user_msg: 'work' })
  const client = await world.connect({ session: old })
  await world.model.waitForRequest(1)
  await ask('/api/settings', { ...here, llm_base_url: elsewhere.baseUrl('chat'), max_iterations: 1 })
  held.open()
  await client.waitFor(frame => frame.message === 'From here.')
  client.say('again')
  await client.waitForState('awaiting_user_input', 2)
  assert.equal(elsewhere.requests.length, 0)
  const settled = client.events.filter(event => 'action' in event && event.action === 'initialize')
  assert.equal(settled.length, 1, 'what it works with is said once, in its log')
  const { conversation_id: fresh } = await ask('/api/conversations', { initial_user_msg: 'work' })
  const other = await world.connect({ session: fresh })
  await other.waitFor(frame => frame.message === 'From elsewhere.')
})

test('[seed] the manager makes a session, or says what is wrong with its settings, and then there is none', async () => {
  await using folder = await temporaryFolder()
  const { config } = readConfig(['--data-dir', folder.path, '--no-checkpoints'], {})
  const nobody = (): void => undefined
  await using engine = await startEngine(config, { info: nobody, warn: nobody, error: nobody })
  const refused = await engine.manager.create({ agent_cls: 'NoSuchAgent' })
  assert.ok(!refused.ok)
  assert.deepEqual([refused.refused.code, refused.refused.field], ['invalid_frame', 'args.agent_cls'])
  assert.equal((await engine.manager.create({ model: 'openai/gpt-4o' })).ok, false, 'a key is missing')
  assert.deepEqual([engine.manager.size, (await engine.manager.list()).length], [0, 0])
  const settings = { model: 'openai/gpt-4o', base_url: 'https://example.test' }
  const made = await engine.manager.create(settings, 'sk-canary-of-one-session-1')
  assert.ok(made.ok)
  assert.deepEqual(made.session.stream.state.settings, settings)
  assert.deepEqual(await engine.manager.find(made.session.id), made.session)
})
