import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '@openhands/protocol'
import fc from 'fast-check'
import { action, becomes, begun, newSessionId, userSays } from '../testing/events.ts'
import { streamWorld } from '../testing/stream-world.ts'
import { EventStream } from './event-stream.ts'

/** Follows from a cursor until an event with this id came. */
async function followTo(stream: EventStream, from: number, last: number): Promise<number[]> {
  const ids: number[] = []
  const over = new AbortController()
  for await (const kept of stream.follow(from, over.signal)) {
    ids.push(kept.id)
    if (kept.id >= last) over.abort()
  }
  return ids
}

test('[E1] ids are dense from 0 and every change of state is told where it happens', async () => {
  const stream = await EventStream.open(newSessionId(), streamWorld())
  for (const draft of begun) await stream.append(draft)
  const events = (await stream.page(0)).map(kept => kept.event)
  assert.deepEqual(
    events.map(event => event.id),
    events.map((_, index) => index),
  )
  const words = events.map(event =>
    'action' in event ? event.action : event.observation === 'agent_state_changed' ? event.extras.agent_state : '?',
  )
  assert.deepEqual(words, ['initialize', 'loading', 'change_agent_state', 'init', 'message', 'running'])
})

test('[E2] an event is in the store before anybody is told of it', async () => {
  const { store, ...rest } = streamWorld()
  const session = newSessionId()
  const stream = await EventStream.open(session, { store, ...rest })
  const seen: Promise<boolean>[] = []
  stream.onKept(events => {
    const last = events.at(-1)?.id ?? -1
    seen.push(store.last(session).then(stored => stored >= last))
  })
  for (let i = 0; i < 20; i++) await stream.append(userSays(`${i}`))
  assert.deepEqual(new Set(await Promise.all(seen)), new Set([true]))
})

test('[E3] what is decided is decided on the log as it is when it is written', async () => {
  const stream = await EventStream.open(newSessionId(), streamWorld())
  await stream.append(...begun)
  const wantOne = (): Promise<readonly Event[]> =>
    stream.decide(state => (state.agentState === 'running' ? [becomes('paused')] : []))
  const written = await Promise.all([wantOne(), wantOne(), wantOne()])
  assert.deepEqual(
    written.map(events => events.length),
    [2, 0, 0],
  )
})

test('[P02] followers from any cursor, at any moment, get each event once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ burst: fc.integer({ min: 1, max: 40 }), from: fc.nat(200) }), { maxLength: 20 }),
      async steps => {
        const stream = await EventStream.open(newSessionId(), streamWorld())
        const total = steps.reduce((sum, { burst }) => sum + burst, 0)
        const followers: Promise<number[]>[] = []
        for (const { burst, from } of steps) {
          if (from < total) followers.push(followTo(stream, from, total - 1).then(ids => ids.map(id => id - from)))
          await Promise.all(
            Array.from({ length: burst }, (_, i) => stream.append(action('think', { thought: `${i}` }))),
          )
        }
        for (const ids of await Promise.all(followers)) assert.deepEqual(ids, [...ids.keys()])
      },
    ),
    { numRuns: 60 },
  )
})

test('[E4] a log reopened folds to the same state, by its snapshot or without', async () => {
  const parts = streamWorld()
  const session = newSessionId()
  const stream = await EventStream.open(session, parts)
  await stream.append(...begun)
  for (let i = 0; i < 1200; i++) await stream.append(action('think', { thought: `${i}` }))
  const { state } = stream
  assert.ok((await parts.store.snapshot(session)) !== undefined)
  assert.deepEqual((await EventStream.open(session, parts)).state, state)
  await parts.store.saveSnapshot(session, 5, 'not JSON')
  assert.deepEqual((await EventStream.open(session, parts)).state, state)
})

test('[E5] a failed append leaves the log as it was, and the next one goes through', async () => {
  const parts = streamWorld()
  const session = newSessionId()
  const stream = await EventStream.open(session, parts)
  await stream.append(...begun)
  const stranger = await EventStream.open(session, parts)
  await stranger.append(userSays('from elsewhere'))
  await assert.rejects(stream.append(userSays('too late')), { name: 'ConflictError' })
  assert.equal(stream.state.next, 6)
  await stranger.append(userSays('still fine'))
})
