import { isAction, type LogHit, LogSearch, LogSearchQuery } from '@openhands/protocol'
import type { EventStream } from '../core/event-stream.ts'
import type { Kept } from '../core/ports.ts'
import { Turns } from '../lib/turns.ts'
import { conversationIn } from './conversation-info.ts'
import type { Routes } from './door-parts.ts'
import { placeShown, readableText } from './readable-text.ts'
import { untilClosed } from './request-session.ts'
import { routesWithDetails } from './route-errors.ts'
import { contract, noSession, queryOf, SessionPath } from './route-schema.ts'
import { TextFinder } from './text-finder.ts'

/** The log is read from its end in steps of so many events. */
const STEP = 200
/** Characters of JSON that are looked through at a time: other requests go on in between. */
const SLICE = 250_000
/** What one request looks through at most, about: whoever wants more asks again. */
const MOST_CHARACTERS = 16_000_000
const MOST_EVENTS = 20_000
/** However many search, one slice is looked through in one turn of the event loop. */
const slices = new Turns(1)

const searching = contract({
  summary: 'Finds words in what people can read of a log',
  description:
    'From the newest event back, upper and lower case alike, in messages, thoughts, commands, outputs, paths and contents. One request looks through a stretch of the log; `from` of its answer is `before` of the next one. What the log masks stays masked.',
  tags: ['events'],
  params: SessionPath,
  querystring: LogSearchQuery,
  response: { 200: LogSearch, 404: noSession },
})

/** `…/log/search`: for pages that never hold a whole log. */
export const logSearchRoutes: Routes = (app, { log, manager }) => {
  routesWithDetails(app, log, scope => {
    scope.get('/api/conversations/:id/log/search', { schema: searching }, async (request, reply) => {
      const id = await conversationIn(request, manager)
      const { query, before, limit } = queryOf(searching, request)
      const { stream } = await manager.open(id)
      return await searchLog(stream, new TextFinder(query), { before, limit }, untilClosed(reply))
    })
  })
}

interface Wanted {
  readonly before: number | undefined
  readonly limit: number
}

async function searchLog(
  stream: EventStream,
  finder: TextFinder,
  { before, limit }: Wanted,
  signal: AbortSignal,
): Promise<LogSearch> {
  const end = Math.min(before ?? stream.state.next, stream.state.next)
  const hits: LogHit[] = []
  let from = end
  let count = 0
  let looked = 0
  while (from > 0 && end - from < MOST_EVENTS && looked < MOST_CHARACTERS) {
    const start = Math.max(0, from - STEP)
    const found: LogHit[] = []
    for await (const kept of stretch(stream, start, from, signal)) {
      looked += kept.json.length
      const hit = finder.mayBeIn(kept.json) ? hitIn(kept, finder) : undefined
      if (hit) found.push(hit)
    }
    hits.push(...found.reverse().slice(0, limit - hits.length))
    count += found.length
    from = start
  }
  return { hits, count, from }
}

/** The events of a stretch, a slice in one turn of the event loop. */
async function* stretch(
  stream: EventStream,
  start: number,
  end: number,
  signal: AbortSignal,
): AsyncGenerator<Kept, void> {
  for (let next = start; next < end; ) {
    await slices.next()
    signal.throwIfAborted()
    const page = await stream.page(next, end - next, SLICE)
    if (page.length === 0) return
    yield* page
    next += page.length
  }
}

function hitIn({ event }: Kept, finder: TextFinder): LogHit | undefined {
  for (const text of readableText(event)) {
    const found = finder.find(text)
    if (!found) continue
    const { id, source, timestamp } = event
    const kind = isAction(event) ? event.action : event.observation
    return { id, shown_at: placeShown(event), kind, is_action: isAction(event), source, timestamp, ...found }
  }
  return undefined
}
