import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Draft, type Event, isAction, type PlanItem, sizeOf } from '@openhands/protocol'
import { action, newSessionId, ran, userSays } from '../testing/events.ts'
import { streamWorld } from '../testing/stream-world.ts'
import { EventStream } from './event-stream.ts'
import { chooseCut, Window } from './window.ts'

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

const plan = (...texts: readonly string[]): Draft =>
  action('plan', { items: texts.map((text): PlanItem => ({ text, state: 'open' })) })
const plansOf = (history: readonly Event[]): readonly string[] =>
  history.flatMap(event => (isAction(event) && event.action === 'plan' ? event.args.items.map(({ text }) => text) : []))

test('[C10] the newest plan is not forgotten with what came around it, also after a restart, until a newer one takes its place', async () => {
  const world = streamWorld()
  const session = newSessionId()
  const stream = await EventStream.open(session, world)
  const kept = new Window(stream)
  await stream.append(userSays('task'))
  const thought = { model: 'm', text: 'hm' }
  await stream.append(plan('older'), { ...plan('newest'), reasoning: [thought] } as Draft, userSays('go on')) // one of its own kind
  await kept.history()
  await stream.append(forget(stream.state.next - 1))
  const readers = [kept, new Window(stream), new Window(await EventStream.open(session, world))]
  for (const window of readers) {
    const history = await window.history()
    assert.deepEqual(history.map(contentOf).slice(0, 3), ['task', 'plan', 'go on'])
    assert.deepEqual(plansOf(history), ['newest'])
    assert.equal(history[1]?.reasoning, undefined)
    assert.equal((await window.history())[1], history[1], 'it is the very same object')
  }
  await stream.append(plan('newer'), userSays('more'))
  assert.deepEqual(plansOf(await kept.history()), ['newest', 'newer'], 'a prompt keeps its beginning')
  await stream.append(forget(stream.state.next - 1))
  assert.deepEqual(plansOf(await kept.history()), ['newer'])
  await stream.append(plan(), userSays('even more'))
  await stream.append(forget(stream.state.next - 1))
  assert.deepEqual((await kept.history()).map(contentOf).slice(0, 2), ['task', 'even more'])
})

test('[C10] room is made around a plan that is not forgotten, and only where something can be left out', async () => {
  const stream = await EventStream.open(newSessionId(), streamWorld())
  const window = new Window(stream)
  await stream.append(userSays('task'), plan(...Array<string>(10).fill('x'.repeat(500))))
  for (let i = 0; i < 60; i++) await stream.append(userSays('y'.repeat(300)))
  const history = await window.history()
  const whole = history.reduce((sum, event) => sum + sizeOf(event), 0)
  const cut = chooseCut(history, whole, stream.state)
  assert.ok(cut)
  assert.ok(cut.keptSize <= whole / 2 && cut.keptSize > whole / 4, 'the plan has its share of the room')
  await stream.append(forget(cut.forgetBefore))
  const left = await window.history()
  assert.equal(plansOf(left).length, 10)
  const sizes = left.slice(1, -1).map(sizeOf) // without the task, and what forgot
  assert.equal(
    cut.keptSize,
    sizes.reduce((sum, size) => sum + size, 0),
    'what is said to be kept is what is',
  )
  assert.equal(chooseCut(left.slice(0, 6), 10, stream.state), undefined, 'the same cut again would change nothing')
})
