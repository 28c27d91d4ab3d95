import type { Conversation, Event, EventId, RunnableAction, SessionId } from '@openhands/protocol'
import type { Attributes, Span, Tracer } from '@opentelemetry/api'
import { nextMove } from '../core/next-move.ts'
import type { End, SeenRequest, Watch } from './watch.ts'

/** What spans are made with; the library itself is only loaded where an endpoint is configured. */
export interface SpanMaker {
  readonly tracer: Tracer
  /** Starts a span below another one, or a trace of its own. */
  start(name: string, attributes: Attributes, parent?: Span): Span
  /** Marks a span as failed, with a word of a closed set. */
  fail(span: Span, word: string): void
  /** Ends a span; all begin and end by one clock, so that none outlasts the one that it is part of. */
  end(span: Span): void
}

/** Sessions whose spans are open at once; of more the one unused for longest is let go unfinished. */
const MOST_SESSIONS = 10_000

/** Where limits end a run, no action begins either. */
const UNLIMITED = { maxIterations: Number.POSITIVE_INFINITY, maxViewSize: Number.POSITIVE_INFINITY }

/** What is under way in a session. */
interface Under {
  /** The model's answer and all that it has asked for. */
  step: Span | undefined
  calls: number
  readonly actions: Map<EventId, Span>
}

/**
 * Spans of what sessions do: a step, which is one answer of the model and the actions it asked for; below it the call of
 * the model, the start of a sandbox and each action. When an action begins and ends is read from the log.
 */
export class StepSpans implements Watch {
  readonly #maker: SpanMaker
  readonly #sessions = new Map<SessionId, Under>()

  constructor(maker: SpanMaker) {
    this.#maker = maker
  }

  kept(session: SessionId, events: readonly Event[], state: Conversation): void {
    const under = this.#sessions.get(session)
    if (under) for (const event of events) this.#answered(under, event)
    const move = nextMove(state, UNLIMITED)
    if (move.kind === 'perform') this.#begin(session, move.action)
    if (under && under.calls === 0 && state.open.length === 0) this.#rest(session, under)
  }

  modelCall(session: SessionId, model: string): End {
    const under = this.#under(session)
    under.step ??= this.#maker.start('step', { 'session.id': session })
    under.calls++
    const attributes = { 'session.id': session, 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': model }
    const span = this.#maker.start('model call', attributes, under.step)
    return outcome => {
      under.calls--
      span.setAttribute('openhands.outcome', outcome)
      if (outcome !== 'ok') this.#maker.fail(span, outcome)
      this.#maker.end(span)
      if (outcome !== 'ok' && under.calls === 0) this.#rest(session, under)
    }
  }

  modelRetry(): void {
    // The call's own span covers its retries.
  }

  sandboxStart(session: SessionId): End {
    const span = this.#maker.start('sandbox start', { 'session.id': session }, this.#sessions.get(session)?.step)
    return outcome => {
      span.setAttribute('openhands.outcome', outcome)
      if (outcome === 'failed') this.#maker.fail(span, outcome)
      this.#maker.end(span)
    }
  }

  request({ method, route, session }: SeenRequest): End {
    const span = this.#maker.start(`${method} ${route ?? ''}`.trim(), {
      'http.request.method': method,
      ...(route === undefined ? {} : { 'http.route': route }),
      ...(session === undefined ? {} : { 'session.id': session }),
    })
    return outcome => {
      const status = Number(outcome)
      if (Number.isInteger(status)) span.setAttribute('http.response.status_code', status)
      if (!(status < 500)) this.#maker.fail(span, outcome)
      this.#maker.end(span)
    }
  }

  /** Ends what is still open, as broken off. */
  end(): void {
    for (const [session, under] of [...this.#sessions]) {
      for (const span of under.actions.values()) this.#maker.fail(span, 'interrupted')
      this.#rest(session, under)
    }
  }

  #under(session: SessionId): Under {
    const under = this.#sessions.get(session) ?? { step: undefined, calls: 0, actions: new Map() }
    this.#sessions.delete(session)
    this.#sessions.set(session, under)
    const oldest = this.#sessions.size > MOST_SESSIONS ? this.#sessions.keys().next() : undefined
    if (oldest && !oldest.done) this.#sessions.delete(oldest.value)
    return under
  }

  #begin(session: SessionId, action: RunnableAction): void {
    const under = this.#under(session)
    if (under.actions.has(action.id)) return
    const attributes = { 'session.id': session, 'openhands.action': action.action, 'openhands.event': action.id }
    const parent = action.source === 'agent' ? under.step : undefined
    under.actions.set(action.id, this.#maker.start('action', attributes, parent))
  }

  #answered({ actions }: Under, event: Event): void {
    if (!('observation' in event) || event.cause === undefined) return
    const span = actions.get(event.cause)
    if (!span) return
    actions.delete(event.cause)
    span.setAttribute('openhands.observation', event.observation)
    if (event.observation === 'error') this.#maker.fail(span, 'error')
    this.#maker.end(span)
  }

  #rest(session: SessionId, under: Under): void {
    for (const span of under.actions.values()) this.#maker.end(span)
    if (under.step) this.#maker.end(under.step)
    if (this.#sessions.get(session) === under) this.#sessions.delete(session)
  }
}
