import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BoardMessage, BoardSnapshot } from '@openhands/protocol'
import { ask, EventReader } from '../testing/api-client.ts'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { boardRoutes } from './board-routes.ts'

describe('the board', () => {
  let world: RoutesWorld

  before(async () => {
    world = await startRoutes([boardRoutes])
  })
  after(() => world[Symbol.asyncDispose]())

  const say = async (
    id: Parameters<typeof world.parts.manager.open>[0],
    ...words: readonly string[]
  ): Promise<void> => {
    const { stream } = await world.parts.manager.open(id)
    for (const content of words)
      await stream.append({
        action: 'message',
        source: 'agent',
        args: { content, image_urls: null, wait_for_response: false },
      })
  }

  test('[F02] first everything, then what changes: state, title, cost, last line; open or not', async () => {
    const { id } = await world.session()
    const before = BoardSnapshot.parse((await ask(`${world.url}/api/board/snapshot`)).json)
    assert.deepEqual([before.total, before.sessions.map(one => one.conversation_id)], [1, [id]])
    await using board = new EventReader(`${world.url}/api/board`)
    const first = BoardMessage.parse((await board.waitFor(({ event }) => event === 'snapshot')).data)
    assert.ok(first.type === 'snapshot' && first.sessions[0]?.open)
    assert.equal(board.messages[0]?.event, 'snapshot')
    await world.parts.manager.rename(id, 'a title')
    await say(id, 'the last line\nand more')
    const entryOf = (data: unknown) => {
      const message = BoardMessage.parse(data)
      return message.type === 'changed' ? message.session : undefined
    }
    await board.waitFor(
      ({ data }) => entryOf(data)?.last_line === 'the last line' && entryOf(data)?.title === 'a title',
    )
    await world.parts.manager.close(id)
    await board.waitFor(({ data }) => entryOf(data)?.open === false)
    const after = BoardSnapshot.parse((await ask(`${world.url}/api/board/snapshot`)).json)
    const [kept] = after.sessions
    assert.deepEqual([kept?.title, kept?.last_line, kept?.open], ['a title', 'the last line', false])
    const { id: second } = await world.session()
    await board.waitFor(({ data }) => entryOf(data)?.conversation_id === second)
    await world.parts.manager.delete(id)
    await board.waitFor(({ event, data }) => event === 'deleted' && data['conversation_id'] === id)
    assert.equal((await ask(`${world.url}/api/board/snapshot`)).json.total, 1)
  })

  test('[F02] a session that is busy is told of four times a second at most, and its newest state always', async () => {
    const { id } = await world.session()
    const { stream } = await world.parts.manager.open(id)
    while (stream.state.agentState !== 'init') await stream.changed(AbortSignal.timeout(30_000)) // it has no more to say
    await using board = new EventReader(`${world.url}/api/board`)
    await board.waitFor(({ event }) => event === 'snapshot')
    const since = performance.now()
    for (let count = 0; count < 300; count++) await say(id, `words ${count}`)
    await board.waitFor(({ data }) => JSON.stringify(data).includes('"words 299"'))
    const seconds = (performance.now() - since) / 1000
    const told = board.messages.filter(({ event, data }) => event === 'changed' && JSON.stringify(data).includes(id))
    assert.ok(told.length <= seconds * 4 + 3, `${told.length} in ${seconds} s`)
    assert.deepEqual([...told].map(({ data }) => JSON.stringify(data).includes('words')).at(-1), true)
  })
})
