import { type AgentState, actionEffects } from './action.ts'
import { noted } from './checkpoint-note.ts'
import { CLIENT_IDS, type Conversation, LAST_LINE, type OpenAction } from './conversation.ts'
import { type Action, type Event, type EventId, isAction, type Observation, type RunnableAction } from './event.ts'
import { firstWords } from './first-words.ts'
import type { Quarantined } from './observation.ts'
import { withRemembered } from './remembered.ts'
import { TRACES, traceOf } from './trace.ts'

/** Adds one event to what is known. Pure and total: any log that parses folds. */
export function fold(before: Conversation, event: Event): Conversation {
  const trace = traceOf(event)
  const counted: Conversation = {
    ...before,
    next: event.id + 1,
    created: before.created || event.timestamp,
    updated: event.timestamp,
    viewSize: before.viewSize + sizeOf(event),
    lastLine: lineOf(event) || before.lastLine,
    checkpoints: noted(before.checkpoints, before.open, event),
    ...(event.seen === undefined ? {} : readUpTo(before, event.seen)),
    ...(event.client_id === undefined
      ? {}
      : { clientIds: [...before.clientIds.slice(1 - CLIENT_IDS), event.client_id] }),
    traces: trace ? [...before.traces.slice(1 - TRACES), trace] : before.traces,
    ...(event.llm_metrics ? spent(before, event.llm_metrics) : {}),
  }
  return settle(isAction(event) ? foldAction(counted, event) : foldObservation(counted, event))
}

const shownOtherwise: ReadonlySet<string> = new Set(['change_agent_state', 'initialize', 'rename'])

/** The line of an event that has one of its own: states, settings and titles are shown otherwise. */
function lineOf(event: Event): string {
  if (isAction(event) && shownOtherwise.has(event.action)) return ''
  return firstWords(event, LAST_LINE)
}

function readUpTo(state: Conversation, seen: EventId): Partial<Conversation> {
  const unread = state.queue.some(id => id <= seen) ? state.queue.filter(id => id > seen) : state.queue
  return { seen: Math.max(state.seen, seen), queue: unread }
}

/** True while somebody has written something that the model has not been shown. */
export function hasUnread(state: Conversation): boolean {
  return state.lastUserMessage > state.seen
}

/** True while the agent is allowed to act. */
export function isRunning(state: Conversation): boolean {
  return state.agentState === 'running' || state.agentState === 'user_confirmed'
}

/** True while an agent's last words count: also when they come after somebody has paused it. */
function isUnderWay(state: Conversation): boolean {
  return isRunning(state) || state.agentState === 'paused'
}

/** Characters of a prompt that a step of a plan takes beside its text, about. */
const PLAN_ITEM = 30

/** About how many characters of a prompt an event stands for. */
export function sizeOf(event: Event): number {
  const overhead = 100
  if (!isAction(event)) return overhead + event.content.length
  const { args } = event
  let size = overhead
  if (event.action === 'plan') for (const { text } of event.args.items) size += text.length + PLAN_ITEM
  for (const value of Object.values(args)) if (typeof value === 'string') size += value.length
  return size
}

function spent(state: Conversation, metrics: NonNullable<Event['llm_metrics']>): Partial<Conversation> {
  return {
    steps: state.steps + 1,
    stepsSinceAsked: state.stepsSinceAsked + 1,
    costSinceAsked: state.costSinceAsked + (metrics.cost ?? 0),
    usage: {
      cost: state.usage.cost + (metrics.cost ?? 0),
      costKnown: state.usage.costKnown && metrics.cost !== null,
      promptTokens: state.usage.promptTokens + metrics.prompt_tokens,
      completionTokens: state.usage.completionTokens + metrics.completion_tokens,
      cacheReadTokens: state.usage.cacheReadTokens + metrics.cache_read_tokens,
    },
  }
}

function foldAction(state: Conversation, event: Action): Conversation {
  switch (event.action) {
    case 'initialize':
      return {
        ...state,
        settings: { ...state.settings, ...event.args },
        agentState: state.agentState === 'error' ? 'loading' : (state.agentState ?? 'loading'),
      }
    case 'message':
      return event.source === 'user' ? spokenTo(state, event) : agentSpoke(state, event)
    case 'finish':
      return ended(state, event, 'finished')
    case 'reject':
      return ended(state, event, 'rejected')
    case 'change_agent_state':
      return changeState(state, event)
    case 'rename':
      return { ...state, title: event.args.title }
    case 'amend':
      return amended(state, event)
    case 'plan':
      return planned(state, event)
    case 'forget':
      return forgotten(state, event.args.approval)
    default:
      return isRunnable(event) ? opened(state, event) : state
  }
}

function planned(state: Conversation, { id, args }: Extract<Action, { action: 'plan' }>): Conversation {
  return { ...state, plan: args.items.length === 0 ? null : { event: id, items: args.items } }
}

function isRunnable(event: Action): event is RunnableAction {
  return actionEffects[event.action] !== 'none'
}

function opened(state: Conversation, action: RunnableAction): Conversation {
  const asks = action.args.confirmation_state === 'awaiting_confirmation'
  const tooLate = action.source === 'agent' && state.agentState === 'stopped'
  const approval = tooLate ? 'withdrawn' : asks ? 'awaited' : 'free'
  return { ...state, open: [...state.open, { action, approval }] }
}

function spokenTo(state: Conversation, event: Extract<Action, { action: 'message' }>): Conversation {
  const waiting = state.agentState === null || state.agentState === 'loading'
  return {
    ...withdraw(state, open => open.approval === 'awaited'),
    ...anew,
    task: state.task ?? event.id,
    title: state.title || firstLine(event.args.content),
    lastUserMessage: event.id,
    queue: [...state.queue, event.id],
    agentState: waiting ? state.agentState : 'running',
  }
}

function forgotten(state: Conversation, approval: EventId | null): Conversation {
  return { ...state, remembered: approval === null ? [] : state.remembered.filter(({ id }) => id !== approval) }
}

/** Only what nobody has read can be changed; a task that is taken back was never given. */
function amended(state: Conversation, event: Extract<Action, { action: 'amend' }>): Conversation {
  const { message, content } = event.args
  if (!state.queue.includes(message)) return state
  const isTask = state.task === message
  if (content !== null) return isTask ? { ...state, taskAmended: event.id, title: firstLine(content) } : state
  const queue = state.queue.filter(id => id !== message)
  const task = isTask ? { task: queue[0] ?? null, taskAmended: null, title: '' } : {}
  return { ...state, ...task, queue, lastUserMessage: queue.at(-1) ?? Math.min(state.lastUserMessage, state.seen) }
}

/** What starts again when somebody asks for more: limits, loop detection, the reason of the last halt. */
const anew = { stepsSinceAsked: 0, costSinceAsked: 0, traces: [], trouble: null } as const

function agentSpoke(state: Conversation, event: Extract<Action, { action: 'message' }>): Conversation {
  const waits = event.args.wait_for_response && isUnderWay(state) && !hasUnread(state)
  return waits ? { ...state, agentState: 'awaiting_user_input' } : state
}

function ended(state: Conversation, event: Action, agentState: 'finished' | 'rejected'): Conversation {
  const overtaken = event.source === 'agent' && (hasUnread(state) || !isUnderWay(state))
  return overtaken || state.agentState === null ? state : { ...state, agentState }
}

function changeState(state: Conversation, event: Extract<Action, { action: 'change_agent_state' }>): Conversation {
  const wanted = event.args.agent_state
  if (!mayBecome(state, wanted, event.source === 'environment')) return state
  switch (wanted) {
    case 'running':
      return { ...state, ...anew, agentState: 'running' }
    case 'stopped':
      return { ...withdraw(state, () => true), agentState: 'stopped' }
    case 'user_confirmed':
      return answer(remembering(state, event), event.cause, 'given')
    case 'user_rejected':
      return answer(state, event.cause, 'refused')
    default:
      return { ...state, agentState: wanted, trouble: event.args.thought || null }
  }
}

/**
 * Whether a session may be told to change its state. Clients may pause, resume, stop and answer; the rest is for the
 * server to know. Asking for what is already so, or cannot be, changes nothing.
 */
export function mayBecome(state: Conversation, wanted: AgentState, byServer: boolean): boolean {
  const now = state.agentState
  if (now === null || now === wanted) return false
  switch (wanted) {
    case 'running':
      return state.task !== null && (now === 'paused' || now === 'stopped' || now === 'error' || now === 'rejected')
    case 'paused':
      return isRunning(state) || now === 'awaiting_user_confirmation' || (byServer && now === 'loading')
    case 'stopped':
      return true
    case 'user_confirmed':
    case 'user_rejected':
      return now === 'awaiting_user_confirmation'
    case 'init':
      return byServer && now === 'loading'
    default:
      return byServer
  }
}

/** The action whose question is open now, if one is. */
export function awaited(state: Conversation): RunnableAction | undefined {
  const head = state.open.find(open => open.action.source !== 'user')
  return head?.approval === 'awaited' ? head.action : undefined
}

/** Only a user's approval that names what is asked about says anything about other actions (S33). */
function remembering(state: Conversation, event: Extract<Action, { action: 'change_agent_state' }>): Conversation {
  const asked = awaited(state)
  const { remember } = event.args
  if (!asked || remember === undefined || event.source !== 'user' || event.cause !== asked.id) return state
  return { ...state, remembered: withRemembered(state, event.id, asked, remember) }
}

function answer(state: Conversation, cause: EventId | undefined, approval: 'given' | 'refused'): Conversation {
  const asked = awaited(state)
  if (!asked || (cause !== undefined && cause !== asked.id)) return state
  const given = approval === 'given'
  const open = state.open.map(one => {
    if (one.action.id === asked.id) return { ...one, approval }
    return given || one.action.source === 'user' ? one : { ...one, approval: 'withdrawn' as const }
  })
  return { ...state, open, agentState: given ? 'user_confirmed' : 'user_rejected' }
}

function withdraw(state: Conversation, which: (open: OpenAction) => boolean): Conversation {
  return { ...state, open: state.open.map(open => (which(open) ? { ...open, approval: 'withdrawn' } : open)) }
}

function foldObservation(state: Conversation, event: Observation): Conversation {
  if (event.observation === 'agent_state_changed') {
    const announced = event.extras.agent_state
    const begins = announced === 'init' && state.agentState === 'init' && hasUnread(state)
    return { ...state, announced, agentState: begins ? 'running' : state.agentState }
  }
  if (event.observation === 'condense') {
    const forgetBefore = event.extras.forget_before ?? state.forgetBefore
    if (forgetBefore <= state.forgetBefore) return state
    const quarantined = state.quarantined.filter(({ event }) => event >= forgetBefore || event === state.task)
    return { ...state, forgetBefore, quarantined, viewSize: event.extras.kept_size ?? 0 }
  }
  if (event.observation === 'error' && event.extras.quarantined) return quarantine(state, event.extras.quarantined)
  const answered = state.open.find(open => open.action.id === event.cause)
  if (!answered) return state
  const closed = { ...state, open: state.open.filter(open => open !== answered), folder: folderAfter(state, event) }
  if (answered.approval === 'given' && state.agentState === 'user_confirmed')
    return { ...closed, agentState: 'running' }
  if (answered.approval === 'refused' && state.agentState === 'user_rejected')
    return { ...closed, agentState: hasUnread(state) ? 'running' : 'awaiting_user_input' }
  return closed
}

/** A command that was not carried out moves nothing; one that goes on, or was lost, may have moved the shell anywhere. */
function folderAfter({ open, folder }: Conversation, event: Observation): string | null {
  const action = open.find(({ action }) => action.id === event.cause)?.action
  if (action?.action !== 'run' || event.observation === 'user_rejected') return folder
  if (event.observation === 'run') return event.extras.exit_code === -1 ? '' : (event.extras.metadata.working_dir ?? '')
  return event.observation === 'error' && event.extras.error_id === '' ? folder : ''
}

/** The later word about an event counts. Grows no longer than what prompts hold. */
function quarantine(state: Conversation, more: readonly Quarantined[]): Conversation {
  const others = state.quarantined.filter(({ event }) => !more.some(each => each.event === event))
  return { ...state, quarantined: [...others, ...more] }
}

/** A running agent whose next action has to be asked about is waiting, not running. */
function settle(state: Conversation): Conversation {
  return state.agentState === 'running' && awaited(state)
    ? { ...state, agentState: 'awaiting_user_confirmation' }
    : state
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? ''
  return line.length > 80 ? `${line.slice(0, 79).toWellFormed()}…` : line
}
