import { BoardSnapshot } from '@openhands/protocol'
import { entryOf } from '../core/board-entry.ts'
import type { SessionManager } from '../core/session-manager.ts'
import { summaryOf } from '../core/session-summary.ts'
import { BoardFeed } from './board-feed.ts'
import type { Routes } from './door-parts.ts'
import { routesWithDetails } from './route-errors.ts'
import { as, contract } from './route-schema.ts'
import { ServerSentEvents } from './server-sent-events.ts'

/** Sessions that a snapshot holds. */
const MOST_SHOWN = 200

const snapshot = contract({
  summary: 'Shows the newest 200 conversations: what runs, what waits for somebody, what is done',
  tags: ['conversations'],
  response: { 200: BoardSnapshot },
})
const stream = contract({
  summary: 'Sends the board, and then every change of it, as server-sent events',
  tags: ['conversations'],
  response: { 200: as('text/event-stream', 'Events `snapshot`, `changed` and `deleted`, each a `BoardMessage`.') },
})

/** `/api/board`: all sessions at a glance. */
export const boardRoutes: Routes = (app, { manager, clock, log }) => {
  routesWithDetails(app, log, scope => {
    const feed = new BoardFeed(manager, clock)
    scope.addHook('preClose', async () => feed[Symbol.dispose]())
    scope.get('/api/board/snapshot', { schema: snapshot }, async () => await boardOf(manager))
    scope.get('/api/board', { schema: stream, exposeHeadRoute: false }, async (_, reply) => {
      const source = new ServerSentEvents()
      await feed.add(source, () => boardOf(manager))
      return source.reply(reply)
    })
  })
}

async function boardOf(manager: SessionManager): Promise<BoardSnapshot> {
  const records = await manager.list()
  const open = new Set((await manager.opened()).map(({ id }) => id))
  const sessions = records.slice(0, MOST_SHOWN).map(record => entryOf(summaryOf(record), open.has(record.id)))
  return { sessions, total: records.length }
}
