import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Event } from '@openhands/protocol'
import { io } from 'socket.io-client'
import { comeUp, goneFromTree } from '../src/testing/process-tree.ts'
import { newGate } from '../src/testing/scripted-model/gate.ts'
import { gate, type Reply, tool } from '../src/testing/scripted-model/script.ts'
import type { SocketClient } from '../src/testing/socket-client.ts'
import { World } from '../src/testing/world.ts'

const bash = (command: string): Reply => tool('execute_bash', { command, timeout: 600 })
const finish = tool('finish', { message: 'Done.' })
/** A command that goes on until a test lets it: its folder then holds the file `go`. */
const untilGo = bash('echo begun; until [ -e go ]; do sleep 0.05; done; echo through')

function observationsOf(events: readonly Event[]): readonly Extract<Event, { observation: unknown }>[] {
  return events.flatMap(event => ('observation' in event && event.observation !== 'agent_state_changed' ? [event] : []))
}

/** Live output of the command has come: it is under way. */
async function begun(client: SocketClient): Promise<void> {
  await client.waitFor(frame => 'delta' in frame && JSON.stringify(frame).includes('begun'), 'the command to begin')
}

/** Tells the server to end; resolves once it says that it gets ready to. */
async function tellToEnd(world: World, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  process.kill(world.server.pid, signal)
  for (;;) {
    const answer = await fetch(`${world.server.url}/readyz`)
    const { checks } = JSON.parse(await answer.text())
    if (answer.status === 503) return assert.equal(checks.drain.ok, false)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

async function go(world: World, client: SocketClient): Promise<void> {
  await writeFile(join(world.dataDir, 'workspaces', client.session, 'go'), '')
}

test('[4.9] told to end, the server takes no new session, says so at every door, and lets the step end', async () => {
  await using world = await World.start({
    script: ({ turn }) => (turn === 0 ? untilGo : finish),
    args: ['--drain-seconds', '300', '--no-resume'],
  })
  const { url } = world.server
  const client = await world.connect({ deltas: true })
  client.start('go')
  await begun(client)
  await tellToEnd(world)
  assert.equal((await fetch(`${url}/livez`)).status, 200)
  const refused = await world.connect()
  refused.start('something else')
  await refused.closed()
  assert.equal(refused.closeCode, 1001)
  assert.deepEqual(
    refused.frames.map(({ error, code }) => ({ error, code })),
    [{ error: true, code: 'shutting_down' }],
  )
  assert.match(String(refused.frames[0]?.message), /shutting down.*Try again/)
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
  const created = await fetch(`${url}/api/conversations`, post)
  assert.equal(created.status, 503)
  assert.match(await created.text(), /shutting down/)
  const again = await world.connect({ session: client.session, cursor: client.lastId })
  await go(world, client)
  await again.waitFor(frame => frame.observation === 'run', 'the end of the command')
  assert.equal(await world.server.exited, 0)
  await Promise.all([client.closed(), again.closed()])
  assert.deepEqual([client.closeCode, again.closeCode], [1001, 1001])
  assert.equal(world.model.requests.length, 1, 'no step begins any more')
  await world.restart()
  const after = await world.connect({ session: client.session })
  await after.waitForState('paused')
  const [ran, ...more] = observationsOf(after.events)
  assert.ok(ran?.observation === 'run' && ran.content.includes('through'), after.trail())
  assert.deepEqual(more, [])
})

test('[4.9] an answer of the model that comes within the limit is carried out; the next start goes on behind it', async () => {
  const answer = newGate()
  await using world = await World.start({
    script: ({ turn }) => (turn === 0 ? gate(answer, bash('echo once >> times')) : finish),
    args: ['--drain-seconds', '300'],
  })
  const client = await world.connect()
  client.start('go')
  await answer.reached
  await tellToEnd(world, 'SIGINT')
  answer.open()
  assert.equal(await world.server.exited, 0)
  await world.restart()
  const after = await world.connect({ session: client.session })
  await after.waitForState('finished')
  assert.deepEqual(
    observationsOf(after.events).map(({ observation }) => observation),
    ['run'],
  )
  assert.equal(world.model.requests.length, 2)
  assert.deepEqual(world.model.refusals(), [])
})

test('[4.9] a step that does not end within the limit is broken off: the next start says so, and nothing is left', async () => {
  const word = `mark${randomUUID().replaceAll('-', '')}`
  const stubborn = `trap '' INT TERM; echo begun; python3 -c "import time; time.sleep(9999)" ${word}`
  await using world = await World.start({
    script: ({ turn }) => (turn === 0 ? bash(stubborn) : finish),
    args: ['--drain-seconds', '0.5', '--no-resume'],
  })
  const client = await world.connect({ deltas: true })
  client.start('go')
  await begun(client)
  await comeUp(word, 1)
  const told = performance.now()
  assert.equal(await world.server.stop(), 0)
  assert.ok(performance.now() - told < 30_000, 'within the limit and what closing takes')
  assert.equal(client.closeCode, 1001)
  await goneFromTree(word)
  await world.restart()
  const after = await world.connect({ session: client.session })
  await after.waitForState('paused')
  const [closed, ...more] = observationsOf(after.events)
  assert.ok(closed?.observation === 'run' && closed.success === false, after.trail())
  assert.match(closed.content, /The command was interrupted/)
  assert.deepEqual(more, [])
})

test('[4.9] a second signal ends the server at once, in order', async () => {
  await using world = await World.start({ script: () => untilGo, args: ['--drain-seconds', '3600'] })
  const client = await world.connect({ deltas: true })
  client.start('go')
  await begun(client)
  await tellToEnd(world)
  assert.equal(await world.server.stop(), 0)
})

test('[4.9] socket.io: a conversation that is not open is not opened any more, and the page is told why', async () => {
  await using world = await World.start({
    script: ({ lastUserText }) => (lastUserText === 'rest' ? finish : untilGo),
    args: ['--drain-seconds', '3600'],
    env: { OPENHANDS_IDLE_MINUTES: '60' },
  })
  const resting = await world.connect()
  resting.start('rest')
  await resting.waitForState('finished')
  await resting.close()
  await world.server.stop()
  await world.restart()
  const client = await world.connect({ deltas: true })
  client.start('go')
  await begun(client)
  await tellToEnd(world)
  const query = { conversation_id: resting.session, latest_event_id: '-1' }
  const socket = io(world.server.url, { transports: ['websocket'], reconnection: false, query })
  const { promise, resolve } = Promise.withResolvers<Error>()
  socket.once('connect_error', resolve)
  assert.match((await promise).message, /shutting down.*Try again/)
  socket.close()
  await world.server.stop()
})
