import { Readable } from 'node:stream'
import { ApiFailure, BrowserInfo, type Event, EventParams, isAction, type ObservationOf } from '@openhands/protocol'
import type { EventStream } from '../core/event-stream.ts'
import type { Outputs } from '../core/ports.ts'
import type { Routes } from './door-parts.ts'
import { inert } from './inert.ts'
import { routesWithDetails } from './route-errors.ts'
import { as, contract, noSession, pathOf, SessionPath } from './route-schema.ts'
import { looking, refused } from './sandbox-scope.ts'

/** Bytes that are read of an output at a time. */
const PART_BYTES = 256 * 1024
/** Events, from the newest back, among which a page of the browser is looked for. */
const MOST_SEARCHED = 5_000
const PAGE = 200

const output = contract({
  summary: 'Sends the whole output of a command, also where its event holds only the beginning and the end',
  tags: ['outputs'],
  params: SessionPath.extend(EventParams.shape),
  response: {
    200: as('text/plain', 'What the command printed, as an attachment.'),
    404: ApiFailure.meta({
      description: 'There is no such event, it is not that of a command, or it is not kept any more.',
    }),
  },
})
const browser = contract({
  summary: "Tells what the agent's browser showed when it was last used",
  tags: ['outputs'],
  params: SessionPath,
  response: { 200: BrowserInfo, 404: noSession },
})

/** What actions gave that is too big for their events: outputs of commands, screenshots of the browser. */
export const outputRoutes: Routes = (app, parts) => {
  const { manager } = parts
  routesWithDetails(app, parts.log, scope => {
    scope.get(
      '/api/conversations/:id/events/:event/output',
      { schema: output, exposeHeadRoute: false },
      looking(parts, async ({ id, request, reply, runtime, signal }) => {
        const { event: number } = pathOf(output, request)
        const { stream } = await manager.open(id)
        const event = await commandAt(stream, number)
        if (!event) throw refused('There is no such observation of a command.', undefined, 404)
        const { whole_output: whole } = event.extras
        const name = `output-${number}.txt`
        reply.headers({ ...inert, 'content-disposition': `attachment; filename="${name}"` })
        reply.type('text/plain; charset=utf-8')
        if (!whole) return reply.send(event.content)
        const parts = runtime && wholeOf(runtime.outputs, whole.name, signal)
        const first = await parts?.next()
        if (!parts || !first || first.done) throw refused('The whole output is not kept any more.', undefined, 404)
        return reply.send(Readable.from(following(first.value, parts), { objectMode: false }))
      }),
    )
    scope.get(
      '/api/conversations/:id/browser',
      { schema: browser },
      looking(parts, async ({ id, runtime }): Promise<BrowserInfo> => {
        const { stream } = await manager.open(id)
        const seen = await newestPage(stream)
        return { running: runtime !== undefined, page: seen ? pageOf(seen) : null }
      }),
    )
  })
}

async function commandAt(stream: EventStream, number: number): Promise<ObservationOf<'run'> | undefined> {
  const [kept] = await stream.page(number, 1)
  const event = kept?.event
  if (!event || event.id !== number || isAction(event) || event.observation !== 'run') return undefined
  return event.extras.hidden ? undefined : event // hidden commands may carry tokens (wire D2.9)
}

/** The bytes of an output; ends where nothing is kept any more. What is missing in its middle is said there. */
async function* wholeOf(outputs: Outputs, name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = 0; ; ) {
    const part = await outputs.read(name, at, PART_BYTES, signal)
    if (!part.ok) {
      if (at > 0) yield Buffer.from('\n[the rest is not kept any more]\n')
      return
    }
    if (part.bytes.length === 0) return
    if (part.offset > at) yield Buffer.from(`\n[${part.offset - at} bytes were not kept]\n`)
    yield part.bytes
    at = part.offset + part.bytes.length
  }
}

async function* following<T>(first: T, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  yield first
  yield* rest
}

async function newestPage(stream: EventStream): Promise<ObservationOf<'browse'> | undefined> {
  const end = stream.state.next
  const least = Math.max(0, end - MOST_SEARCHED)
  for (let upTo = end; upTo > least; upTo -= PAGE) {
    const from = Math.max(least, upTo - PAGE)
    const page = await stream.page(from, upTo - from)
    const found = page
      .filter(({ id }) => id < upTo)
      .map(({ event }) => event)
      .findLast(isPage)
    if (found) return found
  }
  return undefined
}

function isPage(event: Event): event is ObservationOf<'browse'> {
  return !isAction(event) && event.observation === 'browse'
}

function pageOf({ id, extras }: ObservationOf<'browse'>): BrowserInfo['page'] {
  const { url, open_pages_urls, active_page_index, screenshot_url, last_browser_action_error } = extras
  const screenshot = screenshot_url === undefined ? {} : { screenshot: screenshot_url }
  const tabs = { tabs: [...open_pages_urls], active_tab: active_page_index }
  return { event: id, url, ...tabs, ...screenshot, error: last_browser_action_error }
}
