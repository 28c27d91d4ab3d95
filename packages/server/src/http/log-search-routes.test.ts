import assert from 'node:assert/strict'
import { get } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Draft, LogSearch, SessionId } from '@openhands/protocol'
import { action, ran } from '../testing/events.ts'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { logSearchRoutes } from './log-search-routes.ts'

/** A thought is looked through like everything else, and asks no agent to work. */
const agentThinks = (thought: string): Draft => action('think', { thought })

describe('[P18] words are found in a log of which no page holds the whole', () => {
  let world: RoutesWorld
  let id: SessionId
  before(async () => {
    world = await startRoutes([logSearchRoutes])
    ;({ id } = await world.session())
  })
  after(() => world[Symbol.asyncDispose]())

  async function search(session: string, query: string, more = ''): Promise<LogSearch> {
    const response = await fetch(
      `${world.url}/api/conversations/${session}/log/search?query=${encodeURIComponent(query)}${more}`,
    )
    assert.equal(response.status, 200)
    return (await response.json()) as LogSearch // what this very route answers
  }

  test('newest first, with where it stands and what is around it', async () => {
    const { stream } = await world.parts.manager.open(id)
    const { next } = stream.state
    await stream.append(agentThinks('Please look for the Needle'))
    await stream.append(action('run', { command: 'grep needle hay' }), ran(next + 1, 'hay:7: a needle\n'))
    const { hits, count, from } = await search(id, 'NEEDLE')
    assert.deepEqual(
      hits.map(each => [each.id, each.shown_at, each.kind, each.is_action, each.source]),
      [
        [next + 2, next + 1, 'run', false, 'agent'],
        [next + 1, next + 1, 'run', true, 'agent'],
        [next, next, 'think', true, 'agent'],
      ],
    )
    assert.deepEqual([count, from], [3, 0])
    const last = hits[2]
    assert.deepEqual(last?.matches, [[20, 26]])
    assert.equal(last?.snippet, 'Please look for the Needle')
  })

  test('by cursor: more hits after the last, and the count of all', async () => {
    const { id: long } = await world.session()
    const { stream } = await world.parts.manager.open(long)
    for (let i = 0; i < 10; i++)
      await stream.append(...Array.from({ length: 100 }, (_, n) => agentThinks(n % 4 === 0 ? `word ${i}` : 'other')))
    const first = await search(long, 'word', '&limit=100')
    assert.deepEqual([first.hits.length, first.count, first.from], [100, 250, 0])
    const second = await search(long, 'word', `&limit=100&before=${first.hits.at(-1)?.id}`)
    assert.deepEqual([second.hits.length, second.count], [100, 150])
    const third = await search(long, 'word', `&limit=100&before=${second.hits.at(-1)?.id}`)
    assert.deepEqual([third.hits.length, third.count, third.from], [50, 50, 0])
    const ids = [...first.hits, ...second.hits, ...third.hits].map(each => each.id)
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => b - a),
    )
    assert.equal(new Set(ids).size, 250)
    assert.deepEqual(await search(long, 'word', '&limit=0'), { hits: [], count: 250, from: 0 })
  })

  test('one request looks through a stretch; the next goes on where it ended', async () => {
    const { id: big } = await world.session()
    const { stream } = await world.parts.manager.open(big)
    await stream.append(agentThinks('the first word'))
    for (let i = 0; i < 250; i++) await stream.append(agentThinks(`${i} ${'x'.repeat(100_000)}`))
    const first = await search(big, 'first word')
    assert.equal(first.count, 0)
    assert.ok(first.from > 0)
    const second = await search(big, 'first word', `&before=${first.from}`)
    assert.deepEqual([second.count, second.from], [1, 0])
  })

  test('[P38] others are served while a log is searched', async () => {
    const { id: big } = await world.session()
    const { stream } = await world.parts.manager.open(big)
    for (let i = 0; i < 15; i++)
      await stream.append(...Array.from({ length: 1000 }, (_, n) => agentThinks(`${n} of many`)))
    let isDone = false
    const searched = search(big, 'many', '&limit=0').finally(() => {
      isDone = true
    })
    let turns = 0
    while (!isDone) {
      await new Promise(setImmediate)
      turns++
    }
    assert.equal((await searched).count, 15_000)
    assert.ok(turns >= 15_000 / 200, `${turns} turns of the event loop`)
  })

  test('nobody searches for a client that has gone', async () => {
    const { id: big } = await world.session()
    const { stream } = await world.parts.manager.open(big)
    await stream.append(...Array.from({ length: 5000 }, () => agentThinks('x')))
    const ended = Promise.withResolvers<void>()
    world.app.server.once('request', (_, response) => response.once('close', () => ended.resolve()))
    const client = get(`${world.url}/api/conversations/${big}/log/search?query=x`, { agent: false })
    client.once('error', () => undefined) // it breaks off by itself
    const { page } = stream
    let slices = 0
    stream.page = async (...args) => {
      if (++slices === 2) {
        client.destroy()
        await ended.promise
      }
      return await page.apply(stream, args)
    }
    await ended.promise
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
    assert.ok(slices === 2, `${slices} slices`)
  })

  test('a session that is not there, and a question that makes no sense', async () => {
    const status = async (path: string): Promise<number> =>
      (await fetch(`${world.url}/api/conversations/${path}`)).status
    assert.equal(await status(`${'0'.repeat(32)}/log/search?query=x`), 404)
    assert.equal(await status(`${id}/log/search`), 422)
    assert.equal(await status(`${id}/log/search?query=%20`), 422)
    assert.equal(await status(`${id}/log/search?query=x&limit=101`), 422)
  })
})
