import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '@openhands/protocol'
import fc from 'fast-check'
import { action, becomes, begun, newSessionId, userSays } from '../testing/events.ts'
import { streamWorld } from '../testing/stream-world.ts'
import { EventStream } from './event-stream.ts'
import type { Kept } from './ports.ts'

/** Follows from a cursor until an event with this id came. */
async function followTo(stream: EventStream, from: number, last: number): Promise<number[]> {
  const ids: number[] = []
  const over = new AbortController()
  const take = async ({ id }: Kept): Promise<void> => {
    ids.push(id)
    if (id >= last) over.abort()
  }
  await stream.follow(from, over.signal, { take })
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

test('[P38] nothing is read from the store for a follower that has no room, and little at a time', async () => {
  const sizes: number[] = []
  const world = streamWorld()
  const read = world.store.page.bind(world.store)
  world.store.page = async (...asked) => {
    const page = await read(...asked)
    sizes.push(page.reduce((sum, { json }) => sum + json.length, 0))
    return page
  }
  const stream = await EventStream.open(newSessionId(), world)
  for (let i = 0; i < 100; i++) await stream.append(action('think', { thought: 'x'.repeat(10_000) }))
  sizes.length = 0
  const over = new AbortController()
  const room = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const seen: number[] = []
  const following = stream.follow(0, over.signal, {
    room: () => {
      asked.resolve()
      return room.promise
    },
    take: async ({ id }) => {
      seen.push(id)
      if (id === 99) over.abort()
    },
  })
  await asked.promise
  await stream.append(userSays('meanwhile'))
  assert.deepEqual([sizes, seen], [[], []])
  room.resolve()
  await following
  assert.deepEqual(seen, [...Array(100).keys()])
  assert.ok(sizes.length > 10 && Math.max(...sizes) < 100_000, String(sizes))
})
