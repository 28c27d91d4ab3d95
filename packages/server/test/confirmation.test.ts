import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tool, tools } from '../src/testing/scripted-model/script.ts'
import { World } from '../src/testing/world.ts'

const dangerous = 'rm -rf / --no-preserve-root; touch ran'
const confirm = { action: 'change_agent_state', args: { agent_state: 'user_confirmed' } }
const reject = { action: 'change_agent_state', args: { agent_state: 'user_rejected' } }

test('[J1] by default a risky command waits, with its risk and the reason; a harmless one does not', async () => {
  await using world = await World.start({
    script: ({ turn }) =>
      [tool('execute_bash', { command: 'ls' }), tool('execute_bash', { command: dangerous })][turn] ??
      tool('finish', { message: 'ok' }),
  })
  const client = await world.connect()
  client.start('clean up')
  await client.waitForState('awaiting_user_confirmation')
  const runs = client.events.flatMap(event => ('action' in event && event.action === 'run' ? [event.args] : []))
  assert.deepEqual(
    runs.map(args => [args.confirmation_state, args.security_risk]),
    [
      ['confirmed', 0],
      ['awaiting_confirmation', 2],
    ],
  )
  assert.ok(runs[1]?.security_reason)
  client.send(reject)
  await client.waitForState('awaiting_user_input')
  assert.equal(existsSync(join(world.dataDir, 'workspaces', client.session, 'ran')), false)
  client.say('then do not')
  await client.waitForState('finished')
  assert.deepEqual(world.model.refusals(), [])
})

test('[S33] a yes that names its action counts for that one and for no other that waits by then', async () => {
  await using world = await World.start({
    args: ['--confirmation', 'always'],
    script: ({ turn }) =>
      turn < 2 ? tool('execute_bash', { command: `touch ran-${turn}` }) : tool('finish', { message: 'ok' }),
  })
  const client = await world.connect()
  client.start('touch them')
  const asked = (command: string) => (frame: object) =>
    'action' in frame && frame.action === 'run' && JSON.stringify(frame).includes(command)
  const first = await client.waitFor<{ id: number }>(asked('ran-0'))
  await client.waitForState('awaiting_user_confirmation')
  client.send({ ...confirm, cause: first.id })
  const second = await client.waitFor<{ id: number }>(asked('ran-1'))
  client.send({ ...confirm, cause: first.id })
  const refused = await client.waitFor<{ code: string; field: string }>(frame => 'error' in frame)
  assert.deepEqual([refused.code, refused.field], ['no_effect', 'cause'])
  const folder = join(world.dataDir, 'workspaces', client.session)
  assert.deepEqual([existsSync(join(folder, 'ran-0')), existsSync(join(folder, 'ran-1'))], [true, false])
  const answer = { ...confirm, cause: second.id, client_id: 'the second yes' }
  client.send(answer)
  client.send(answer)
  await client.waitForState('finished')
  assert.equal(client.frames.filter(frame => 'error' in frame).length, 1, 'what is sent again is taken once')
  assert.equal(existsSync(join(folder, 'ran-1')), true)
})

test('[P13] with nobody there the question waits; a client that comes later answers it; once', async () => {
  await using world = await World.start({
    args: ['--confirmation', 'always'],
    script: ({ turn }) =>
      turn === 0 ? tool('execute_bash', { command: 'touch ran' }) : tool('finish', { message: 'ok' }),
  })
  const first = await world.connect()
  first.start('touch it')
  await first.waitForState('awaiting_user_confirmation')
  await first.close()
  const [second, third] = await Promise.all([
    world.connect({ session: first.session }),
    world.connect({ session: first.session }),
  ])
  await Promise.all([
    second.waitForState('awaiting_user_confirmation'),
    third.waitForState('awaiting_user_confirmation'),
  ])
  second.send(confirm)
  third.send(confirm)
  await second.waitForState('finished')
  const answers = second.events.filter(event => 'action' in event && event.action === 'change_agent_state')
  const given = answers.filter(
    event => 'args' in event && 'agent_state' in event.args && event.args.agent_state === 'user_confirmed',
  )
  assert.equal(given.length, 1)
  assert.ok(existsSync(join(world.dataDir, 'workspaces', first.session, 'ran')))
  second.send(confirm)
  const late = await second.waitFor(frame => frame.error === true)
  assert.equal(late.code, 'no_effect')
})

test('[P01] parallel calls, the second one risky and refused: every call is answered, nothing after it runs', async () => {
  await using world = await World.start({
    script: ({ turn }) =>
      turn === 0
        ? tools([
            { name: 'execute_bash', args: { command: 'touch one' } },
            { name: 'execute_bash', args: { command: dangerous } },
            { name: 'execute_bash', args: { command: 'touch three' } },
          ])
        : tool('finish', { message: 'ok' }),
  })
  const client = await world.connect()
  client.start('three things')
  await client.waitForState('awaiting_user_confirmation')
  client.send(reject)
  await client.waitForState('awaiting_user_input')
  client.say('go on')
  await client.waitForState('finished')
  const folder = join(world.dataDir, 'workspaces', client.session)
  assert.deepEqual(
    ['one', 'ran', 'three'].map(name => existsSync(join(folder, name))),
    [true, false, false],
  )
  assert.deepEqual(world.model.refusals(), [])
})
