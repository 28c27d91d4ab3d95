import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { BoardMessage, CheckpointList, TerminalServerFrame } from '@openhands/protocol'
import { WebSocket } from 'ws'
import { ask, EventReader } from '../src/testing/api-client.ts'
import { type Reply, tool } from '../src/testing/scripted-model/script.ts'
import { World } from '../src/testing/world.ts'

const replies: readonly Reply[] = [
  tool('execute_bash', { command: 'echo second > a' }),
  tool('execute_bash', { command: 'echo begun; until [ -e go-on ]; do sleep 0.1; done', timeout: 600 }),
  tool('finish', { message: 'Done.' }),
]

test('[F07] [F02] a person pauses the agent, goes back to before its command, and the agent is told of it', async () => {
  let step = 0
  await using world = await World.start({
    script: () => replies[Math.min(step++, replies.length - 1)] ?? assert.fail(),
  })
  const client = await world.connect({ deltas: true })
  const folder = join(world.dataDir, 'workspaces', client.session)
  const base = `${world.server.url}/api/conversations/${client.session}`
  assert.equal((await ask(`${base}/sandbox`, 'POST')).status, 200)
  assert.equal((await ask(`${base}/files/content?path=a`, 'PUT', 'first\n')).status, 200)
  await using board = new EventReader(`${world.server.url}/api/board`)
  client.start('go')
  await client.waitFor(frame => 'delta' in frame && JSON.stringify(frame).includes('begun'))
  await board.waitFor(({ data }) => stateOf(data, client.session) === 'running')

  const { checkpoints } = CheckpointList.parse((await ask(`${base}/checkpoints`)).json)
  const oldest = checkpoints.at(-1)
  assert.ok(oldest)
  assert.equal(oldest.label, 'before echo second > a')
  const refused = await ask(`${base}/checkpoints/${oldest.id}/restore`, 'POST')
  assert.deepEqual([refused.status, refused.json.remedy], [409, 'Pause it first.'])
  client.send({ action: 'change_agent_state', args: { agent_state: 'paused' } })
  await client.waitForState('paused')
  const still = await ask(`${base}/checkpoints/${oldest.id}/restore`, 'POST')
  assert.match(still.json.remedy, /Wait until what it has begun is done/)
  await writeFile(join(folder, 'go-on'), '')
  await client.waitFor(frame => frame.observation === 'run' && String(frame.content).includes('begun'))
  await board.waitFor(({ data }) => stateOf(data, client.session) === 'paused')
  assert.equal(await readFile(join(folder, 'a'), 'utf8'), 'second\n')
  const restored = await ask(`${base}/checkpoints/${oldest.id}/restore`, 'POST')
  assert.equal(restored.status, 200, restored.text)
  assert.equal(await readFile(join(folder, 'a'), 'utf8'), 'first\n')
  const told = await client.waitFor(frame => frame.action === 'restore')
  assert.match(String(told.message), /earlier state: before echo second > a\.$/)

  client.send({ action: 'change_agent_state', args: { agent_state: 'running' } })
  await client.waitForState('finished')
  await board.waitFor(({ data }) => stateOf(data, client.session) === 'finished')
  assert.match(JSON.stringify(world.model.requests.at(-1)), /brought the workspace back to an earlier state/)
  assert.deepEqual(world.model.refusals(), [])
})

test("[F20] the agent's terminal can be watched through the server's own door, and never through a name of nobody's", async () => {
  await using world = await World.start({ script: () => tool('finish', { message: 'Done.' }) })
  const client = await world.connect()
  const { url } = world.server
  assert.equal((await ask(`${url}/api/conversations/${client.session}/sandbox`, 'POST')).status, 200)
  const at = `${url.replace('http', 'ws')}/ws/terminal?terminal_id=agent&conversation_id=`
  const socket = new WebSocket(`${at}${client.session}`)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  socket.once('message', data => resolve(String(data)))
  socket.once('error', reject)
  assert.equal(TerminalServerFrame.parse(JSON.parse(await promise)).type, 'screen')
  socket.terminate()
  const foreign = new WebSocket(`${at}${'0'.repeat(32)}`)
  foreign.on('error', () => undefined)
  const status = await new Promise(told => foreign.once('unexpected-response', (_, answer) => told(answer.statusCode)))
  assert.equal(status, 404)
  foreign.terminate()
})

function stateOf(data: unknown, session: string): string | undefined {
  const message = BoardMessage.parse(data)
  if (message.type !== 'changed' || message.session.conversation_id !== session) return undefined
  return message.session.state
}
