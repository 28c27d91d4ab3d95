import type { FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { messageOf } from '../lib/errors.ts'
import { conversationIn } from './conversation-info.ts'
import type { Routes } from './door-parts.ts'
import { untilClosed } from './request-session.ts'
import { RouteError, read, routesWithDetails } from './route-errors.ts'
import { as, contract, ErrorBody, noSession, queryOf, SessionPath } from './route-schema.ts'
import { SseConnection, type SseOptions } from './sse-connection.ts'

/** The id of the last event that a client has seen; -1: none. */
const Cursor = z.string().regex(/^(?:-1|\d{1,15})$/, 'the id of an event')

const Resumed = z.object({ 'last-event-id': Cursor.optional() })

const following = contract({
  summary: 'Follows the log of a conversation as server-sent events',
  description:
    'Each event of the log as `event: event` with its id and its JSON, first what was, then what comes. Beside them ' +
    '`event: status`, and `event: delta` for who asks for it, without an id. `/asyncapi.json` has their schemas.',
  tags: ['events'],
  params: SessionPath,
  querystring: z.object({
    latest_event_id: Cursor.optional(),
    deltas: z
      .enum(['0', '1'])
      .default('0')
      .meta({ description: 'Whether live text is wanted that the log does not keep.' }),
  }),
  headers: Resumed,
  response: {
    200: as('text/event-stream', 'The events, until the client goes.'),
    404: noSession,
    409: ErrorBody.meta({ description: 'The cursor is ahead of the log.' }),
  },
})

/** `GET /api/conversations/{id}/stream`: the same events as the sockets send, for clients that only read. */
export function streamRoutes(timing: Pick<SseOptions, 'heartbeatMs' | 'stalledMs'> = {}): Routes {
  return (app, { manager, log }) => {
    routesWithDetails(app, log, scope => {
      const options = { schema: following, exposeHeadRoute: false } // an answer without an end has no head of its own
      scope.get('/api/conversations/:id/stream', options, async (request, reply) => {
        const id = await conversationIn(request, manager)
        const { deltas, latest_event_id } = queryOf(following, request)
        const from = Number(lastSeen(request) ?? latest_event_id ?? -1) + 1
        const session = await manager.open(id)
        const { stream } = session
        if (from > stream.state.next) throw cursorAhead(from - 1, stream.state.next - 1)
        const onStalled = (): void => log.warn('a client does not keep up and is let go', { session: id })
        const connection = begin(reply, { ...timing, wantsDeltas: deltas === '1', onStalled })
        try {
          await session.attach(connection, from, untilClosed(reply))
        } catch (error) {
          log.error('a stream failed', { session: id, error: messageOf(error) })
        } finally {
          connection.close()
        }
      })
    })
  }
}

/** A browser repeats the address that it began with, and says in a header how far it has come since. */
function lastSeen({ headers }: FastifyRequest): string | undefined {
  return read(Resumed, { 'last-event-id': headers['last-event-id'] || undefined }, 'header')['last-event-id']
}

function begin(reply: FastifyReply, options: SseOptions): SseConnection {
  reply.hijack()
  const head = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...head }))
    if (value !== undefined) reply.raw.setHeader(name, value)
  reply.raw.flushHeaders()
  return new SseConnection(reply.raw, options)
}

function cursorAhead(cursor: number, newest: number): RouteError {
  const error = `latest_event_id ${cursor} is ahead of the log, whose newest event is ${newest}; start again without it.`
  return new RouteError(409, { error })
}
