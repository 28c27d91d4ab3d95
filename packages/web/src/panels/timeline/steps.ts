import { type Conversation, type Event, type EventId, firstWords, fold, isAction, nothing } from '@openhands/protocol'

/** Who has the turn: the model, a tool, or a person (or nobody). */
export type Phase = 'model' | 'tool' | 'waiting'

/** Milliseconds by who had the turn. */
export type Times = Readonly<Record<Phase, number>>

/** An answer of the model, and what came of it until the model was asked again. */
export interface Step {
  /** Counted from 1; from the first step that was read where the log was not read from its beginning. */
  readonly number: number
  /** The event that it begins with. */
  readonly first: EventId
  readonly times: Times
  readonly promptTokens: number
  readonly completionTokens: number
  /** US dollars; null where the price is not known. */
  readonly cost: number | null
  /** What it did first, in a sentence. */
  readonly label: string
  readonly actions: number
}

/** Steps as of an event of the log. */
export interface Timeline {
  /** As of the newest event that was read. */
  readonly state: Conversation
  readonly steps: readonly Step[]
  /** Steps that were let go because there are too many; `totals` has them too. */
  readonly forgotten: number
  readonly totals: Times
  /** How long the model has been at work on its next answer, up to the newest event. */
  readonly pending: number
  /** When the newest event came, in milliseconds since 1970; NaN before the first. */
  readonly at: number
}

/** So many steps are kept. */
export const MOST_STEPS = 20_000
const LABEL = 140
const none: Times = { model: 0, tool: 0, waiting: 0 }

/** Before the event `from`; a log that is not read from its beginning is taken to be under way. */
export function timelineFrom(from: EventId): Timeline {
  const state: Conversation = from === 0 ? nothing : { ...nothing, next: from, agentState: 'running' }
  return { state, steps: [], forgotten: 0, totals: none, pending: 0, at: Number.NaN }
}

/** The timeline with the events that follow; those that are not the next ones are passed over. */
export function withEvents(before: Timeline, events: readonly Event[]): Timeline {
  const steps = [...before.steps]
  let now: Timeline = { ...before, steps }
  for (const event of events) if (event.id === now.state.next) now = { ...withEvent(now, event, steps), steps }
  const tooMany = Math.max(0, steps.length - MOST_STEPS)
  return { ...now, steps: steps.slice(tooMany), forgotten: before.forgotten + tooMany }
}

/** Who has the turn in a state. */
export function phaseOf({ agentState, open }: Pick<Conversation, 'agentState' | 'open'>): Phase {
  if (agentState !== 'running' && agentState !== 'user_confirmed') return 'waiting'
  return open.some(({ approval }) => approval === 'free' || approval === 'given') ? 'tool' : 'model'
}

function withEvent(before: Timeline, event: Event, steps: Step[]): Timeline {
  const at = Date.parse(event.timestamp)
  const phase = phaseOf(before.state)
  // Clocks are set back now and then: that took no time.
  const spent = Number.isNaN(before.at) || Number.isNaN(at) ? 0 : Math.max(0, at - before.at)
  const last = steps.at(-1)
  let { pending, totals } = before
  if (phase === 'model') {
    pending += spent
    totals = plus(totals, phase, spent)
  } else if (last && spent > 0) {
    steps[steps.length - 1] = { ...last, times: plus(last.times, phase, spent) }
    totals = plus(totals, phase, spent)
  }
  if (event.llm_metrics) {
    steps.push(stepOf(event, event.llm_metrics, pending, before.forgotten + steps.length + 1))
    pending = 0
  } else if (isAction(event) && event.source === 'agent') note(event, steps)
  return { ...before, state: fold(before.state, event), totals, pending, at: Number.isNaN(at) ? before.at : at }
}

function stepOf(event: Event, metrics: NonNullable<Event['llm_metrics']>, model: number, number: number): Step {
  return {
    number,
    first: event.id,
    times: { ...none, model },
    promptTokens: metrics.prompt_tokens,
    completionTokens: metrics.completion_tokens,
    cost: metrics.cost,
    label: labelOf(event),
    actions: isAction(event) && !onlyThinks(event) ? 1 : 0,
  }
}

/** What else an answer holds; a step that began with a thought is named after what it then did. */
function note(event: Extract<Event, { action: unknown }>, steps: Step[]): void {
  const last = steps.at(-1)
  if (!last || onlyThinks(event) || event.action === 'change_agent_state') return
  steps[steps.length - 1] = {
    ...last,
    label: last.actions === 0 ? labelOf(event) || last.label : last.label,
    actions: last.actions + 1,
  }
}

function onlyThinks({ action }: Extract<Event, { action: unknown }>): boolean {
  return action === 'think' || action === 'plan'
}

/** Its sentence; of what has none, what it does to which file. */
function labelOf(event: Event): string {
  const line = firstWords(event, LABEL + 1) || deedOf(event)
  return line.length > LABEL ? `${line.slice(0, LABEL).toWellFormed()}…` : line
}

function deedOf(event: Event): string {
  if (!isAction(event)) return ''
  return 'path' in event.args ? `${event.action} ${event.args.path}` : event.action
}

function plus(times: Times, phase: Phase, ms: number): Times {
  return { ...times, [phase]: times[phase] + ms }
}
