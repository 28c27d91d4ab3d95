import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { EventStream } from '../core/event-stream.ts'
import { conversationIn } from './conversation-info.ts'
import type { DoorParts, Routes } from './door-parts.ts'
import { routesWithDetails } from './route-errors.ts'
import { contract, noSession, queryOf, SessionPath } from './route-schema.ts'

/** Characters of one answer, about: a page is drawn from it at once. One event is sent however long it is. */
const MAX_CHARACTERS = 1_000_000
/** From its end a log is read in steps of so many events: none of them is longer than 256 kB. */
const STEP = 25

const flag = z.enum(['true', 'false']).default('false')

const readingLog = contract({
  summary: 'A part of the log as it is kept',
  description:
    'Events before one, or from one on, or else the newest; fewer than asked for where they are long. `state` asks for everything known as of the newest event.',
  tags: ['events'],
  params: SessionPath,
  querystring: z.object({
    from: z.coerce.number().int().min(0).optional(),
    before: z.coerce.number().int().min(0).optional(),
    limit: z.coerce.number().int().min(1).max(500).default(100),
    state: flag,
  }),
  response: {
    200: z.object({
      events: z.array(z.looseObject({ id: z.int() })),
      next: z.int().meta({ description: 'The id that the next event of the session will get.' }),
      state: z.looseObject({}).optional(),
    }),
    404: noSession,
  },
})

/** `…/log`: the log by pages and from its end, for pages that never load a whole one (P18). */
export const logRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => addLog(scope, parts))
}

function addLog(scope: FastifyInstance, { manager }: DoorParts): void {
  scope.get('/api/conversations/:id/log', { schema: readingLog }, async (request, reply) => {
    const id = await conversationIn(request, manager)
    const { from, before, limit, state: wantsState } = queryOf(readingLog, request)
    const { stream } = await manager.open(id)
    const { state } = stream
    const end = from === undefined ? Math.min(before ?? state.next, state.next) : Math.min(from + limit, state.next)
    const start = from ?? Math.max(0, end - limit)
    const events = from === undefined ? await newest(stream, start, end) : await stretch(stream, start, end)
    const known = wantsState === 'true' ? `,"state":${JSON.stringify(state)}` : ''
    // As it is kept: what is long need not be read and written again.
    return reply.type('application/json').send(`{"events":[${events.join(',')}],"next":${state.next}${known}}`)
  })
}

/** The JSON of the events of a stretch, from its beginning, as far as one answer goes. */
async function stretch(stream: EventStream, start: number, end: number): Promise<readonly string[]> {
  const texts: string[] = []
  let size = 0
  for (let next = start; next < end && size < MAX_CHARACTERS; ) {
    const page = await stream.page(next, end - next, MAX_CHARACTERS - size)
    if (page.length === 0) break
    for (const { id, json } of page) {
      size += json.length
      if (id < end && (texts.length === 0 || size <= MAX_CHARACTERS)) texts.push(json)
    }
    next += page.length
  }
  return texts
}

/** The same from its end. */
async function newest(stream: EventStream, start: number, end: number): Promise<readonly string[]> {
  let texts: readonly string[] = []
  let size = 0
  for (let to = end; to > start && size < MAX_CHARACTERS; to -= STEP) {
    const from = Math.max(start, to - STEP)
    const part = await whole(stream, from, to)
    const fitting = part.toReversed().filter(text => {
      size += text.length
      return size <= MAX_CHARACTERS || size === text.length
    })
    texts = [...fitting.toReversed(), ...texts]
  }
  return texts
}

async function whole(stream: EventStream, start: number, end: number): Promise<readonly string[]> {
  const texts: string[] = []
  while (start + texts.length < end) {
    const page = await stream.page(start + texts.length, end - start - texts.length)
    if (page.length === 0) break
    for (const { id, json } of page) if (id < end) texts.push(json)
  }
  return texts
}
