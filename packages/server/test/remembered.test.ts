import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newGate } from '../src/testing/scripted-model/gate.ts'
import { gate, type Reply, tool, tools } from '../src/testing/scripted-model/script.ts'
import type { SocketClient } from '../src/testing/socket-client.ts'
import { World } from '../src/testing/world.ts'

const finish = tool('finish', { message: 'ok' })
const bash = (command: string): Reply => tool('execute_bash', { command })
/** Of medium risk, and it says how often it ran. */
const build = 'echo built >> built; rm -rf build'

interface Asked {
  readonly id: number
  readonly args: { readonly command?: string; readonly confirmation_state?: string; readonly remembered?: number }
}

/** The agent's n-th action with this in it, once it is in the log. */
async function acted(client: SocketClient, about: string, times = 1): Promise<Asked> {
  let last: Asked | undefined
  await client.waitFor(() => {
    const all = client.frames.filter(
      frame => frame.source === 'agent' && 'action' in frame && JSON.stringify(frame.args).includes(about),
    ) as unknown as Asked[] // sent by the server under test
    last = all[times - 1]
    return last !== undefined
  }, `action ${times} about ${about}`)
  assert.ok(last)
  return last
}

/** Approves the action once it waits; resolves to the id of the approval. */
async function approve(client: SocketClient, { id: cause }: Asked, remember?: 'exactly' | 'kind'): Promise<number> {
  const args = { agent_state: 'user_confirmed', ...(remember ? { remember } : {}) }
  client.send({ action: 'change_agent_state', args, cause })
  const approval = await client.waitFor<{ id: number; args: { remember?: string } }>(
    frame => frame.action === 'change_agent_state' && frame.cause === cause,
    'the approval',
  )
  assert.equal(approval.args.remember, remember)
  return approval.id
}

async function refusal(client: SocketClient, frame: object): Promise<unknown> {
  const known = client.frames.filter(({ error }) => error === true).length
  client.send(frame)
  await client.waitFor(() => client.frames.filter(({ error }) => error === true).length > known, 'a refusal')
  return client.frames.filter(({ error }) => error === true).at(-1)?.field
}

function timesBuilt(world: World, { session }: SocketClient): number {
  const file = join(world.dataDir, 'workspaces', session, 'built')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0
}

test('[J4] approved to the letter, the same command runs again unasked; another one asks, and after a forget so does it', async () => {
  const steps = [build, build, `${build} `, build, build]
  await using world = await World.start({
    args: ['--confirmation', 'cautious'],
    script: ({ turn }) => (steps[turn] === undefined ? finish : bash(steps[turn])),
  })
  const client = await world.connect()
  client.start('build it')
  const first = await acted(client, 'rm -rf build')
  assert.equal(first.args.confirmation_state, 'awaiting_confirmation')
  const approval = await approve(client, first, 'exactly')
  const second = await acted(client, 'rm -rf build', 2)
  assert.deepEqual([second.args.confirmation_state, second.args.remembered], ['confirmed', approval])
  const third = await acted(client, 'rm -rf build', 3)
  assert.equal(third.args.command, `${build} `)
  assert.deepEqual([third.args.confirmation_state, third.args.remembered], ['awaiting_confirmation', undefined])
  assert.equal(timesBuilt(world, client), 2)

  const other = await world.connect()
  assert.notEqual(other.session, client.session)
  other.start('build it')
  const elsewhere = await acted(other, 'rm -rf build')
  assert.deepEqual([elsewhere.args.confirmation_state, elsewhere.args.remembered], ['awaiting_confirmation', undefined])

  await world.restart()
  const again = await world.connect({ session: client.session })
  await approve(again, await acted(again, 'rm -rf build', 3))
  const fourth = await acted(again, 'rm -rf build', 4)
  assert.deepEqual([fourth.args.confirmation_state, fourth.args.remembered], ['confirmed', approval])
  await again.waitForState('finished')
  assert.equal(timesBuilt(world, again), 5)

  again.send({ action: 'forget', args: { approval } })
  await again.waitFor(frame => frame.action === 'forget', 'the forgetting')
  assert.equal(await refusal(again, { action: 'forget', args: { approval } }), 'args.approval')
  assert.equal(await refusal(again, { action: 'forget', args: { approval: null } }), 'args.approval')
})

test('[J4] what is forgotten while the model answers does not count for what it answers', async () => {
  const held = newGate()
  await using world = await World.start({
    args: ['--confirmation', 'always'],
    script: ({ turn }) => [bash(build), gate(held, bash(build))][turn] ?? finish,
  })
  const client = await world.connect()
  client.start('build it')
  await approve(client, await acted(client, 'rm -rf build'), 'exactly')
  await held.reached
  client.send({ action: 'forget', args: { approval: null } })
  await client.waitFor(frame => frame.action === 'forget', 'the forgetting')
  held.open()
  const second = await acted(client, 'rm -rf build', 2)
  assert.deepEqual([second.args.confirmation_state, second.args.remembered], ['awaiting_confirmation', undefined])
})

test('[S33] calls that were judged before an approval are asked about, and so is the same command in another folder', async () => {
  await using world = await World.start({
    args: ['--confirmation', 'always'],
    script: ({ turn }) => {
      const call = { name: 'execute_bash', args: { command: build } }
      return [tools([call, call]), bash('mkdir -p sub && cd sub'), bash(build)][turn] ?? finish
    },
  })
  const client = await world.connect()
  client.start('build it twice')
  await approve(client, await acted(client, 'rm -rf build'), 'exactly')
  await client.waitForState('awaiting_user_confirmation', 2)
  assert.equal(timesBuilt(world, client), 1)
  const second = await acted(client, 'rm -rf build', 2)
  assert.equal(second.args.confirmation_state, 'awaiting_confirmation')
  await approve(client, second)
  await approve(client, await acted(client, 'cd sub'))
  const inside = await acted(client, 'rm -rf build', 3)
  assert.deepEqual([inside.args.confirmation_state, inside.args.remembered], ['awaiting_confirmation', undefined])
})

test('[J4] a kind is allowed up to the risk that was approved, never high, and not where everything is asked about', async () => {
  const steps = ['rm -f one', 'rm -f two', 'rm -rf / --no-preserve-root', 'rm -f three']
  await using world = await World.start({
    args: ['--confirmation', 'cautious'],
    script: ({ turn }) => (steps[turn] === undefined ? finish : bash(steps[turn])),
  })
  const client = await world.connect()
  client.start('clean up')
  const approval = await approve(client, await acted(client, 'rm -f one'), 'kind')
  const second = await acted(client, 'rm -f two')
  assert.deepEqual([second.args.confirmation_state, second.args.remembered], ['confirmed', approval])
  const high = await acted(client, 'no-preserve-root')
  assert.equal(high.args.confirmation_state, 'awaiting_confirmation')
  await client.waitForState('awaiting_user_confirmation', 2)
  const byKind = { agent_state: 'user_confirmed', remember: 'kind' }
  assert.equal(await refusal(client, { action: 'change_agent_state', args: byKind, cause: high.id }), 'args.remember')
  const stale = { action: 'change_agent_state', args: { ...byKind, remember: 'exactly' }, cause: second.id }
  assert.equal(await refusal(client, stale), 'cause')
  client.send({ action: 'initialize', args: { confirmation: 'always' } })
  client.send({ action: 'change_agent_state', args: { agent_state: 'user_rejected' }, cause: high.id })
  await client.waitForState('awaiting_user_input')
  client.say('leave that out')
  const third = await acted(client, 'rm -f three')
  assert.deepEqual([third.args.confirmation_state, third.args.remembered], ['awaiting_confirmation', undefined])
  await client.waitForState('awaiting_user_confirmation', 3)
  assert.equal(await refusal(client, { action: 'change_agent_state', args: byKind, cause: third.id }), 'args.remember')
  client.send({ action: 'read', args: { path: '/x', remembered: approval, security_risk: 0 } })
  const own = await client.waitFor<{ args: object }>(frame => frame.source === 'user' && frame.action === 'read')
  assert.ok(!('remembered' in own.args || 'security_risk' in own.args), 'nobody judges for the server')
  const late = await world.connect({ session: client.session })
  await approve(late, await acted(late, 'rm -f three'))
  await late.waitForState('finished')
})
