import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { tool } from '../src/testing/scripted-model/script.ts'
import { World } from '../src/testing/world.ts'

const SESSIONS = 200
const COMMANDS = 10

test(`[P19] ${SESSIONS} sessions at once, ${COMMANDS} commands each: no failure, every log complete`, async () => {
  await using world = await World.start({
    script: ({ turn }) =>
      turn < COMMANDS
        ? tool('execute_bash', { command: `echo ${turn} >> count; echo ran ${turn}` })
        : tool('finish', { message: 'Done.' }),
    model: { keepBodies: 10 },
  })
  const clients = await Promise.all(Array.from({ length: SESSIONS }, () => world.connect()))
  for (const [i, client] of clients.entries()) client.start(`task ${i}`)
  await Promise.all(clients.map(client => client.waitForState('finished')))
  for (const client of clients) {
    const ids = client.events.map(event => event.id)
    assert.deepEqual(ids, [...ids.keys()])
    const outputs = client.events.flatMap(event =>
      'observation' in event && event.observation === 'run' ? [event.content.trim()] : [],
    )
    assert.deepEqual(
      outputs,
      Array.from({ length: COMMANDS }, (_, i) => `ran ${i}`),
    )
    const count = await readFile(join(world.dataDir, 'workspaces', client.session, 'count'), 'utf8')
    assert.equal(count, Array.from({ length: COMMANDS }, (_, i) => `${i}\n`).join(''))
  }
  assert.deepEqual(world.model.refusals(), [])
})
