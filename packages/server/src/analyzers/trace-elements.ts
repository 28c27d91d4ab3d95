import {
  type Action,
  type Draft,
  type Event,
  type EventId,
  isAction,
  type Observation,
  planAsText,
  type SecurityRisk,
} from '@openhands/protocol'

/** One piece of what a judge is told of a session, in the words of Invariant's server (wire A8.8, C6). */
export type TraceElement =
  | { readonly role: 'user' | 'assistant'; readonly content: string }
  | { readonly role: 'tool'; readonly content: string; readonly tool_call_id: string | null }
  | {
      readonly id: string
      readonly type: 'function'
      readonly function: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> }
      /** How the call was judged; only where that is asked for, and never told to a judge. */
      readonly metadata?: { readonly security_risk: SecurityRisk; readonly security_reason: string }
    }

/** Of no meaning to a judge: what is decided about the session rather than done in it. */
const untold: ReadonlySet<Action['action'] | Observation['observation']> = new Set([
  'initialize',
  'start',
  'change_agent_state',
  'rename',
  'amend',
  'forget',
  'summarize',
  'null',
  'agent_state_changed',
  'condense',
])
/** Arguments that are no part of what is to be done, or that 0.13.1 does not know and that say nothing. */
const leftOut = new Set([
  'thought',
  'security_risk',
  'security_reason',
  'remembered',
  'impl_source',
  'translated_ipython_code',
])
/** Actions whose calls tell whether they were confirmed. */
const toldWhetherConfirmed = new Set<string>(['run', 'run_ipython'])
/** Calls that nothing has answered yet; more are not remembered, and their answers go to the newest call. */
const MOST_OPEN = 100

/** What has been called so far: it gives calls their names and finds the call that an answer belongs to. */
export class Calls {
  #count = 0
  #last: string | null = null
  /** By the id of the action; undefined for one that nobody is told of. */
  readonly #open = new Map<EventId, string | undefined>()

  /** For trying out what would follow, without it having happened. */
  copy(): Calls {
    const copy = new Calls()
    copy.#count = this.#count
    copy.#last = this.#last
    for (const [id, call] of this.#open) copy.#open.set(id, call)
    return copy
  }

  /** The name of a new call, for the action with that id in the log, if it is there already. */
  begin(action: EventId | undefined): string {
    this.#count += 1
    this.#last = String(this.#count)
    this.#remember(action, this.#last)
    return this.#last
  }

  /** Nobody is told of that action, nor of what comes of it. */
  hide(action: EventId | undefined): void {
    this.#remember(action, undefined)
  }

  /** The call that an observation answers; undefined when it must not be told. */
  end(cause: EventId | undefined): string | null | undefined {
    if (cause === undefined || !this.#open.has(cause)) return this.#last
    const call = this.#open.get(cause)
    this.#open.delete(cause)
    return call
  }

  #remember(action: EventId | undefined, call: string | undefined): void {
    if (action === undefined) return
    const oldest = this.#open.size < MOST_OPEN ? undefined : this.#open.keys().next().value
    if (oldest !== undefined) this.#open.delete(oldest)
    this.#open.set(action, call)
  }
}

/**
 * What a judge is told of one event; nothing of hidden commands and their output, which carry access tokens, and nothing
 * that the server says on its own behalf.
 */
export function elementsOf(event: Event | Draft, calls: Calls): readonly TraceElement[] {
  const whole = event as Event // a draft lacks an id, which counts as unknown below
  if (!isAction(whole)) return observed(whole, calls)
  if (whole.source === 'environment' || untold.has(whole.action)) return []
  const id: EventId | undefined = whole.id
  switch (whole.action) {
    case 'message':
      return [{ role: whole.source === 'user' ? 'user' : 'assistant', content: whole.args.content }]
    case 'think':
      return thought(whole.args.thought)
    case 'plan':
      return thought(planAsText(whole.args.items))
    case 'run':
      if (!whole.args.hidden) break
      calls.hide(id)
      return []
  }
  const call = { name: whole.action, arguments: argumentsOf(whole) }
  const said = 'thought' in whole.args ? thought(whole.args.thought) : []
  return [...said, { id: calls.begin(id), type: 'function', function: call }]
}

/** The same, its calls with how they were judged. */
export function judgedElementsOf(event: Event, calls: Calls): readonly TraceElement[] {
  const elements = elementsOf(event, calls)
  if (!isAction(event) || !('security_risk' in event.args) || event.args.security_risk === undefined) return elements
  const { security_risk, security_reason = '' } = event.args
  const metadata = { security_risk, security_reason }
  return elements.map(element => ('function' in element ? { ...element, metadata } : element))
}

function observed(event: Observation, calls: Calls): readonly TraceElement[] {
  const call = calls.end(event.cause)
  if (untold.has(event.observation) || call === undefined) return []
  if (event.source === 'environment' && event.cause === undefined) return []
  if ('hidden' in event.extras && event.extras.hidden === true) return []
  return [{ role: 'tool', content: event.content, tool_call_id: call }]
}

function thought(content: string): readonly TraceElement[] {
  return content === '' ? [] : [{ role: 'assistant', content }]
}

function argumentsOf({ action, args }: Action): Readonly<Record<string, unknown>> {
  const told = Object.entries(args).filter(([name, value]) => {
    if (value === undefined || leftOut.has(name)) return false
    if (name === 'confirmation_state') return toldWhetherConfirmed.has(action)
    return !(name === 'is_input' && value === false)
  })
  return Object.fromEntries(told)
}
