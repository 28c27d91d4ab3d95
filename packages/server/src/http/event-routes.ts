import { Readable } from 'node:stream'
import { type Event, EventSource, isAction } from '@openhands/protocol'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { EventStream } from '../core/event-stream.ts'
import { conversationIn } from './conversation-info.ts'
import type { DoorParts, Routes } from './door-parts.ts'
import { eventKinds } from './event-kinds.ts'
import { onPage021, type Page021Frame } from './page-021.ts'
import { untilClosed } from './request-session.ts'
import { routesWithDetails } from './route-errors.ts'
import { contract, noSession, queryOf, SessionPath } from './route-schema.ts'

const Search = z.object({
  query: z.string().max(1000).optional(),
  start_id: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  event_type: z.enum([...eventKinds.keys()], 'not a kind of event, such as CmdRunAction').optional(),
  source: EventSource.optional(),
  /** Compared as text, as the original does: ISO 8601, a beginning of it will do. */
  start_date: z.string().max(100).optional(),
  end_date: z.string().max(100).optional(),
})
type Search = z.infer<typeof Search>
const Frame = z.record(z.string(), z.unknown()).meta({ description: 'An event as pages of 0.21.1 know it.' })

const searching = contract({
  summary: 'Searches the log of a conversation',
  tags: ['events'],
  params: SessionPath,
  querystring: Search,
  response: { 200: z.object({ events: z.array(Frame), has_more: z.boolean() }), 404: noSession },
})
const exporting = contract({
  summary: 'All that pages are shown of a conversation',
  tags: ['events'],
  params: SessionPath,
  response: { 200: z.object({ trajectory: z.array(Frame) }), 404: noSession },
})

/** What a browser's observation has beside its words: a page's own business, and most of a trajectory's bytes (wire B2). */
const bulky = new Set([
  'screenshot',
  'dom_object',
  'axtree_object',
  'active_page_index',
  'last_browser_action',
  'last_browser_action_error',
  'focused_element_bid',
  'extra_element_properties',
])

/** `…/events/search` and `…/trajectory` (wire B2): what pages are shown of a log, hidden events left out. */
export const eventRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    addSearch(scope, parts)
    addTrajectory(scope, parts)
  })
}

function addSearch(scope: FastifyInstance, { manager }: DoorParts): void {
  scope.get('/api/conversations/:id/events/search', { schema: searching }, async (request, reply) => {
    const id = await conversationIn(request, manager)
    const search = queryOf(searching, request)
    const { stream } = await manager.open(id)
    const events: Page021Frame[] = []
    for await (const [event, frame] of shownEvents(stream, search.start_id, untilClosed(reply))) {
      if (!matches(event, frame, search)) continue
      if (events.length === search.limit) return { events, has_more: true }
      events.push(frame)
    }
    return { events, has_more: false }
  })
}

function addTrajectory(scope: FastifyInstance, { manager }: DoorParts): void {
  scope.get('/api/conversations/:id/trajectory', { schema: exporting }, async (request, reply) => {
    const id = await conversationIn(request, manager)
    const { stream } = await manager.open(id)
    const text = Readable.from(trajectory(stream, untilClosed(reply)), { objectMode: false })
    return reply.type('application/json; charset=utf-8').send(text)
  })
}

/** Written as it is read: no log is ever in memory as a whole. */
async function* trajectory(stream: EventStream, signal: AbortSignal): AsyncGenerator<string> {
  let before = '{"trajectory":['
  for await (const [event, frame] of shownEvents(stream, 0, signal)) {
    yield `${before}${JSON.stringify(slim(event, frame))}`
    before = ','
  }
  yield before === ',' ? ']}' : `${before}]}`
}

/** The events from a place up to the present end of the log that a page may be shown, and how. */
async function* shownEvents(
  stream: EventStream,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<readonly [Event, Page021Frame]> {
  const end = stream.state.next
  for (let next = from; next < end; ) {
    signal.throwIfAborted()
    const page = await stream.page(next)
    if (page.length === 0) return
    for (const { id, event } of page) {
      next = id + 1
      if (id >= end) return
      const frame = onPage021(event)
      if (frame !== undefined) yield [event, frame]
    }
  }
}

function matches(event: Event, frame: Page021Frame, search: Search): boolean {
  const { query, event_type, source, start_date, end_date } = search
  if (source !== undefined && event.source !== source) return false
  if (start_date !== undefined && event.timestamp < start_date) return false
  if (end_date !== undefined && event.timestamp > end_date) return false
  if (event_type !== undefined && !isOfKind(event, event_type)) return false
  return query === undefined || JSON.stringify(frame).toLowerCase().includes(query.toLowerCase())
}

function isOfKind(event: Event, name: string): boolean {
  const kind = eventKinds.get(name)
  if (kind === undefined) return false
  return isAction(event)
    ? 'action' in kind && kind.action === event.action
    : 'observation' in kind && kind.observation === event.observation
}

function slim(event: Event, frame: Page021Frame): Page021Frame {
  if (isAction(event) || event.observation !== 'browse') return frame
  return { ...frame, extras: Object.fromEntries(Object.entries(event.extras).filter(([name]) => !bulky.has(name))) }
}
