import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft, Event } from '@openhands/protocol'
import { action, newSessionId, ran, userSays } from '../testing/events.ts'
import { streamWorld } from '../testing/stream-world.ts'
import { EventStream } from './event-stream.ts'
import { Window } from './window.ts'

const amend = (message: number, content: string | null): Draft =>
  action('amend', { message, content }, { source: 'user' })
const refused = (event: number, what: 'pictures' | 'all'): Draft => ({
  observation: 'error',
  source: 'environment',
  content: '',
  extras: { error_id: 'quarantine', quarantined: [{ event, what }] },
})
const forget = (forget_before: number): Draft => ({
  observation: 'condense',
  source: 'environment',
  content: '',
  extras: { forget_before, kept_size: 0 },
})
const contentOf = (event: Event | undefined): unknown =>
  event && ('content' in event ? event.content : 'content' in event.args ? event.args.content : event.action)

test('[P30] [P16] the model reads a task as it was changed, also when it is all that is left of the beginning, also after a restart', async () => {
  const world = streamWorld()
  const session = newSessionId()
  const stream = await EventStream.open(session, world)
  const kept = new Window(stream)
  await stream.append(userSays('first words'), userSays('second'))
  const [task = -1, second = -1] = stream.state.queue
  await stream.append(amend(task, 'better words'), amend(second, null))
  const before = await kept.history()
  assert.deepEqual(before.filter(event => event.id <= second).map(contentOf), ['better words', 'null'])
  assert.equal((await kept.history())[0], before[0], 'what has not changed is the very same object')

  const run = action('run', { command: 'x' }, { seen: stream.state.next - 1 })
  const [called] = await stream.append(run)
  const [output] = await stream.append(ran(called?.id ?? -1, 'poison'))
  await stream.append(refused(output?.id ?? -1, 'all'))
  const [result] = (await kept.history()).filter(event => event.id === output?.id)
  assert.match(String(contentOf(result)), /left out/)
  assert.equal(result?.cause, called?.id, 'it still answers its call')

  await stream.append(forget(output?.id ?? -1))
  for (const window of [kept, new Window(stream), new Window(await EventStream.open(session, world))])
    assert.equal(contentOf((await window.history())[0]), 'better words')
  await stream.append(refused(task, 'all'))
  for (const window of [kept, new Window(stream), new Window(await EventStream.open(session, world))])
    assert.match(String(contentOf((await window.history())[0])), /left out/)
})
