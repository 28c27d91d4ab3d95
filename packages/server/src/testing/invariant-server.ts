import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import * as z from 'zod'

/** One piece of a trace, with nothing in it that Invariant's own nodes do not have. */
const Element = z.union([
  z.strictObject({ role: z.enum(['user', 'assistant']), content: z.string() }),
  z.strictObject({ role: z.literal('tool'), content: z.string(), tool_call_id: z.string().nullable() }),
  z.strictObject({
    id: z.string().min(1),
    type: z.literal('function'),
    function: z.strictObject({ name: z.string().min(1), arguments: z.record(z.string(), z.unknown()) }),
  }),
])
const Rule = z.strictObject({ rule: z.string() })
const Check = z.strictObject({ past_events: z.array(Element), pending_events: z.array(Element).min(1) })

export type TracePiece = z.output<typeof Element>
export interface Asked {
  readonly policy: string
  readonly past: readonly TracePiece[]
  readonly pending: readonly TracePiece[]
}
/** What the judge finds; or an answer of another kind, a text to send as it is; or nothing, ever. */
export type Verdict = readonly string[] | { readonly status: number; readonly body: string } | 'silence'

export interface InvariantServer extends AsyncDisposable {
  readonly url: string
  /** Method and path of each request, in order. */
  readonly requests: readonly string[]
  /** What it has been asked about, in order. */
  readonly asked: readonly Asked[]
  /** What it has refused as no request of its interface. */
  readonly refusals: readonly string[]
  /** Sessions that have begun and not ended. */
  readonly sessions: ReadonlySet<string>
  /** Answers from now on. */
  judge: (asked: Asked) => Verdict
  /** The policy that it proposes, as JSON text. */
  template: string
  /** Forgets every session, as it does when it is started again. */
  forget(): void
  /** Ends it: from now on nobody is there. */
  kill(): Promise<void>
}

interface State {
  readonly sessions: Set<string>
  readonly monitors: Map<string, string>
  readonly asked: Asked[]
  readonly refusals: string[]
  count: number
  judge: (asked: Asked) => Verdict
  template: string
}

/** Starts a server that speaks as Invariant's does on a free port, and refuses whatever that would not understand. */
export async function startInvariant(judge: (asked: Asked) => Verdict = () => []): Promise<InvariantServer> {
  const state: State = {
    sessions: new Set(),
    monitors: new Map(),
    asked: [],
    refusals: [],
    count: 0,
    judge,
    template: '"raise \\"found\\" if: (call: ToolCall)"',
  }
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${new URL(request.url ?? '/', 'http://x').pathname}`)
    answer(request, response, state).catch(() => response.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens
  const { asked, refusals, sessions } = state
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    asked,
    refusals,
    sessions,
    get judge() {
      return state.judge
    },
    set judge(next) {
      state.judge = next
    },
    get template() {
      return state.template
    },
    set template(next) {
      state.template = next
    },
    forget() {
      state.sessions.clear()
      state.monitors.clear()
    },
    kill: () => end(server),
    [Symbol.asyncDispose]: () => end(server),
  }
}

async function end(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
}

async function answer(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const given = await text(request)
  const said = reply(request, given, state)
  if (said === 'silence') return
  const { status, body } = said
  if (status >= 400) state.refusals.push(`${request.method} ${request.url} ${status}`)
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
}

type Reply = { readonly status: number; readonly body: string }

function reply(request: IncomingMessage, given: string, state: State): Reply | 'silence' {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x')
  const { authorization, cookie } = request.headers
  if (authorization !== undefined || cookie !== undefined) return json(400, { detail: 'nobody asked for keys' })
  const session = searchParams.get('session_id') ?? ''
  const route = `${request.method} ${pathname.replace(/^\/monitor\/\d+\//, '/monitor/:id/')}`
  if (route === 'GET /session/new') {
    state.count += 1
    const id = `session-${state.count}`
    state.sessions.add(id)
    return json(200, { id })
  }
  if (route === 'GET /policy/template') return { status: 200, body: state.template }
  if (!state.sessions.has(session)) return json(404, { detail: 'Session not found' })
  if (route === 'DELETE /session/') {
    state.sessions.delete(session)
    return json(200, { ok: true })
  }
  if (request.headers['content-type'] !== 'application/json') return json(422, { detail: [] })
  if (route === 'POST /monitor/new') return newMonitor(session, given, state)
  if (route === 'POST /monitor/:id/check') return check(`${session} ${pathname.split('/')[2]}`, given, state)
  return json(404, { detail: 'Not Found' })
}

function newMonitor(session: string, given: string, state: State): Reply {
  const parsed = Rule.safeParse(JSON.parse(given))
  if (!parsed.success) return json(422, { detail: parsed.error.issues })
  if (parsed.data.rule.includes('syntax error')) return json(400, { detail: 'no policy' })
  state.count += 1
  const id = state.count
  state.monitors.set(`${session} ${id}`, parsed.data.rule)
  return json(200, { monitor_id: id, policy: parsed.data.rule, session_id: session })
}

function check(monitor: string, given: string, state: State): Reply | 'silence' {
  const policy = state.monitors.get(monitor)
  if (policy === undefined) return json(404, { detail: 'Monitor not found' })
  const parsed = Check.safeParse(JSON.parse(given))
  if (!parsed.success) return json(422, { detail: parsed.error.issues })
  const asked = { policy, past: parsed.data.past_events, pending: parsed.data.pending_events }
  state.asked.push(asked)
  const verdict = state.judge(asked)
  if (verdict === 'silence' || 'status' in verdict) return verdict
  return json(200, verdict)
}

function json(status: number, body: unknown): Reply {
  return { status, body: JSON.stringify(body) }
}
