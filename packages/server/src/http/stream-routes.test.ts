import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Action, Draft, SessionId } from '@openhands/protocol'
import type { Session } from '../core/session.ts'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { streamRoutes } from './stream-routes.ts'

const HEARTBEAT_MS = 30
const STALLED_MS = 500

interface Message {
  readonly event: string
  readonly id?: string
  readonly data: string
}

/** A reader of server-sent events: what came, message by message. */
class Reader implements AsyncDisposable {
  readonly response: IncomingMessage
  readonly messages: Message[] = []
  comments = 0
  #text = ''

  private constructor(response: IncomingMessage) {
    this.response = response
    response.setEncoding('utf8').on('data', (piece: string) => this.#take(piece))
    response.on('error', () => undefined)
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<Reader> {
    return new Reader(await answerOf(url, headers))
  }

  /** Resolves, once so many messages of a kind have come, to them. */
  async until(count: number, event = 'event'): Promise<readonly Message[]> {
    for (;;) {
      const found = this.messages.filter(message => message.event === event)
      if (found.length >= count) return found
      await once(this.response, 'data')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.response.destroyed) return
    const closed = once(this.response, 'close')
    this.response.destroy()
    await closed
  }

  #take(piece: string): void {
    const blocks = (this.#text + piece).split('\n\n')
    this.#text = blocks.pop() ?? ''
    for (const block of blocks) {
      if (block.startsWith(':')) this.comments++
      else this.messages.push(messageOf(block))
    }
  }
}

function messageOf(block: string): Message {
  const fields = Object.fromEntries(
    block.split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  return {
    event: fields.event ?? 'message',
    data: fields.data ?? '',
    ...(fields.id === undefined ? {} : { id: fields.id }),
  }
}

async function answerOf(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  const request = httpRequest(url, { headers, agent: false }).end()
  const [response]: [IncomingMessage] = (await once(request, 'response')) as never // what the event carries
  return response
}

const said = (content: string): Draft => ({
  action: 'message',
  source: 'user',
  args: { content, image_urls: null, wait_for_response: false },
})

const ticking: Draft<Action> = {
  action: 'run',
  source: 'user',
  args: {
    command: 'for i in 1 2 3 4 5; do echo tick; sleep 0.1; done',
    is_input: false,
    thought: '',
    blocking: false,
    keep_prompt: true,
    hidden: false,
    confirmation_state: 'confirmed',
  },
}

describe('GET /api/conversations/{id}/stream', () => {
  let world: RoutesWorld
  let id: SessionId
  let session: Session
  let url: string

  before(async () => {
    world = await startRoutes([streamRoutes({ heartbeatMs: HEARTBEAT_MS, stalledMs: STALLED_MS })])
    ;({ id } = await world.session())
    session = await world.parts.manager.open(id)
    url = `${world.url}/api/conversations/${id}/stream`
    await session.stream.append(said('one'), said('two'), said('three'))
  })
  after(() => world[Symbol.asyncDispose]())

  test('[F09] sends what was, then what comes: the kept JSON with its id, each once', async () => {
    await using reader = await Reader.open(url)
    const { headers } = reader.response
    assert.equal(headers['content-type'], 'text/event-stream')
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['x-accel-buffering'], 'no')
    await reader.until(session.stream.state.next)
    await session.stream.append(said('live'))
    const sent = await reader.until(session.stream.state.next)
    const kept = await session.stream.page(0)
    assert.deepEqual(
      sent,
      kept.map(({ id: each, json }) => ({ event: 'event', id: String(each), data: json })),
    )
  })

  test('[F09] goes on after Last-Event-ID, which counts more than the address it began with', async () => {
    const cursor = session.stream.state.next - 2
    for (const [query, headers] of [
      [`?latest_event_id=${cursor}`, {}],
      ['?latest_event_id=0', { 'last-event-id': String(cursor) }],
    ] as const) {
      await using reader = await Reader.open(url + query, headers)
      const [first] = await reader.until(1)
      assert.equal(first?.id, String(cursor + 1))
    }
  })

  test('[F09] a cursor ahead of the log is 409, one that is none 422, no session 404', async () => {
    const status = async (address: string, headers: Record<string, string> = {}): Promise<number> => {
      const answer = await fetch(address, { headers })
      await answer.text()
      return answer.status
    }
    const { next } = session.stream.state
    assert.equal(await status(`${url}?latest_event_id=${next}`), 409)
    assert.match(await (await fetch(`${url}?latest_event_id=99`)).text(), /99 is ahead of the log/)
    assert.equal(await status(`${url}?latest_event_id=first`), 422)
    assert.equal(await status(url, { 'last-event-id': '-2' }), 422)
    assert.equal(await status(url.replace(id, '0'.repeat(32))), 404)
    assert.equal(await status(url.replace(id, 'no-such-session')), 404)
    const newest = await Reader.open(`${url}?latest_event_id=${next - 1}`)
    await newest[Symbol.asyncDispose]()
  })

  test('[F09] a comment keeps a silent connection open', async () => {
    await using reader = await Reader.open(`${url}?latest_event_id=${session.stream.state.next - 1}`)
    while (reader.comments < 2) await once(reader.response, 'data')
  })

  test('[F09] statuses come without an id; live text only to who asks for it', async () => {
    const from = session.stream.state.next - 1
    await using plain = await Reader.open(`${url}?latest_event_id=${from - 1}`)
    await using eager = await Reader.open(`${url}?latest_event_id=${from - 1}&deltas=1`)
    await Promise.all([plain.until(1), eager.until(1)])
    session.broadcast({ status_update: true, type: 'error', id: '', message: 'Out of luck' })
    const status = { event: 'status', data: '{"status_update":true,"type":"error","id":"","message":"Out of luck"}' }
    for (const reader of [plain, eager]) assert.deepEqual((await reader.until(1, 'status')).at(-1), status)
    await session.dispatch({ kind: 'act', draft: ticking })
    const [delta] = await eager.until(1, 'delta')
    assert.equal(delta?.id, undefined)
    assert.match(delta?.data ?? '', /^\{"delta":\{"of":"output"/)
    while (!plain.messages.some(({ data }) => data.includes('"observation":"run"'))) await once(plain.response, 'data')
    assert.ok(!plain.messages.some(({ event }) => event === 'delta'))
  })

  test('[P40] a reader that never reads holds a bounded buffer and is let go; others do not notice', async () => {
    const responses: ServerResponse[] = []
    const listen = (_: IncomingMessage, response: ServerResponse): void => void responses.push(response)
    world.app.server.on('request', listen)
    const silent = await answerOf(url, {})
    silent.pause()
    silent.on('error', () => undefined)
    const start = session.stream.state.next
    await using reader = await Reader.open(`${url}?latest_event_id=${start - 1}`)
    world.app.server.off('request', listen)
    const [held] = responses
    assert.ok(held)
    const text = 'x'.repeat(100_000)
    let most = 0
    for (let sent = 0; !held.destroyed; sent++) {
      assert.ok(sent < 2000, 'it is still there')
      await session.stream.append(said(text))
      await reader.until(session.stream.state.next - start)
      most = Math.max(most, held.writableLength)
    }
    assert.ok(most > 200_000 && most < 2_000_000, `${most} bytes waited`)
    assert.ok(world.logged.some(line => line.includes('does not keep up')))
    silent.destroy()
  })
})
