import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Draft, type Event, fold, nothing, type SessionId } from '@openhands/protocol'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { logRoutes } from './log-routes.ts'

interface Part {
  readonly events: readonly Event[]
  readonly next: number
  readonly state?: unknown
}

const said = (content: string): Draft => ({
  action: 'message',
  source: 'agent',
  args: { content, image_urls: null, wait_for_response: false },
})

describe('[P18] a log is read by pages and from its end', () => {
  let world: RoutesWorld
  let id: SessionId
  before(async () => {
    world = await startRoutes([logRoutes])
    ;({ id } = await world.session())
  })
  after(() => world[Symbol.asyncDispose]())

  async function read(session: string, query: string): Promise<Part> {
    const response = await fetch(`${world.url}/api/conversations/${session}/log?${query}`)
    assert.equal(response.status, 200)
    return (await response.json()) as Part // what this very route answers
  }
  const idsOf = ({ events }: Part): number[] => events.map(event => event.id)
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

  test('from its end, before an event, and from one on; always dense and in order', async () => {
    const { stream } = await world.parts.manager.open(id)
    for (let i = 0; i < 4; i++) await stream.append(...Array.from({ length: 100 }, (_, n) => said(`${i}.${n}`)))
    const { next } = stream.state
    const tail = await read(id, 'limit=60')
    assert.equal(tail.next, next)
    assert.equal(tail.state, undefined)
    assert.deepEqual(idsOf(tail), range(next - 60, next))
    assert.deepEqual(idsOf(await read(id, `before=${next - 60}&limit=70`)), range(next - 130, next - 60))
    assert.deepEqual(idsOf(await read(id, 'before=3&limit=70')), range(0, 3))
    assert.deepEqual(idsOf(await read(id, 'from=5&limit=40')), range(5, 45))
    assert.deepEqual(idsOf(await read(id, `from=${next - 2}`)), range(next - 2, next))
    assert.deepEqual(idsOf(await read(id, `from=${next + 5}`)), [])
  })

  test('what is known goes with it when it is asked for, as of the end of the log', async () => {
    const { next, state } = await read(id, 'limit=1&state=true')
    let known = nothing
    for (let from = 0; from < next; ) {
      const { events } = await read(id, `from=${from}&limit=500`)
      for (const event of events) known = fold(known, event)
      from += events.length
    }
    assert.deepEqual(state, JSON.parse(JSON.stringify(known)))
  })

  test('[P39] an answer stays small where events are long, and one event always comes', async () => {
    const { id: long } = await world.session()
    const { stream } = await world.parts.manager.open(long)
    for (let i = 0; i < 40; i++) await stream.append(said('x'.repeat(100_000)))
    const { next } = stream.state
    const tail = await read(long, 'limit=40')
    assert.ok(JSON.stringify(tail).length < 1_100_000)
    assert.deepEqual(idsOf(tail), range(next - tail.events.length, next))
    assert.ok(tail.events.length >= 3)
    const first = await read(long, `from=${next - 30}&limit=40`)
    assert.ok(JSON.stringify(first).length < 1_100_000)
    assert.deepEqual(idsOf(first), range(next - 30, next - 30 + first.events.length))
    await stream.append(said('y'.repeat(2_000_000)))
    assert.deepEqual(idsOf(await read(long, 'limit=5')), [next])
    assert.deepEqual(idsOf(await read(long, `from=${next}`)), [next])
  })

  test('a session that is not there, and a question that makes no sense', async () => {
    const status = async (path: string): Promise<number> =>
      (await fetch(`${world.url}/api/conversations/${path}`)).status
    assert.equal(await status(`${'0'.repeat(32)}/log`), 404)
    assert.equal(await status(`${id}/log?limit=501`), 422)
    assert.equal(await status(`${id}/log?from=-1`), 422)
  })
})
