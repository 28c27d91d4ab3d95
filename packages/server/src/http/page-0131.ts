import {
  type Action,
  type AgentState,
  type Conversation,
  type ErrorFrame,
  type Event,
  encode,
  isAction,
  type Observation,
  type StatusFrame,
} from '@openhands/protocol'

/** Whether an event was in the log before its reader came, or is told as it happens: the rules differ (wire A1.3, A3.1). */
export type Telling = 'replay' | 'live'

/** What 0.13.1 pages are sent of actions; of the rest they know nothing, or are told in other ways (wire A3.3). */
const shownActions: ReadonlySet<string> = new Set<Action['action']>([
  'message',
  'run',
  'run_ipython',
  'browse',
  'browse_interactive',
  'read',
  'write',
  'edit',
  'finish',
  'reject',
  'delegate',
  'add_task',
  'modify_task',
])
/** The same for observations (wire A3.4): an unknown one would be a bubble in the chat. */
const shownObservations: ReadonlySet<string> = new Set<Observation['observation']>([
  'run',
  'run_ipython',
  'browse',
  'read',
  'write',
  'edit',
  'delegate',
  'success',
  'error',
  'agent_state_changed',
  'user_rejected',
])
/** What is told live although the agent did not do it (wire A3.1). */
const toldOfUser: ReadonlySet<string> = new Set(['run', 'error'])
const toldOfEnvironment: ReadonlySet<string> = new Set(['run', 'error', 'agent_state_changed', 'message'])

/** Error ids that the page has a headline for (wire A3.5). */
const headlines: ReadonlySet<string> = new Set([
  'STATUS$ERROR_RUNTIME_DISCONNECTED',
  'STATUS$ERROR_LLM_AUTHENTICATION',
  'AGENT_ERROR$BAD_ACTION',
  'AGENT_ERROR$ACTION_TIMEOUT',
])
/** States that a page is told to be in after `init`; in any other it stays at `init` (wire A1.4), where tasks are taken. */
const resumed: ReadonlySet<AgentState | null> = new Set<AgentState>([
  'running',
  'paused',
  'awaiting_user_input',
  'finished',
  'awaiting_user_confirmation',
  'user_confirmed',
])
/** Characters of a file that a question shows of it. */
const MAX_SHOWN = 5_000

/**
 * The frame by which a 0.13.1 page learns of an event; undefined for an event that it is not told of. A page shows its
 * own user's words itself; those that are typed in another tab it would not know of.
 */
export function eventFor0131(event: Event, telling: Telling, isOwn = true): object | undefined {
  const isTold = telling === 'live' ? isToldLive(event) || (isUsersWord(event) && !isOwn) : isReplayed(event)
  if (!isShown(event) || !isTold) return undefined
  if (telling === 'live' && isTrouble(event)) return troubleFrame(event.content, event.extras.error_id)
  const body = isAction(event) ? asAction(event, telling) : asObservation(event)
  const source = telling === 'replay' || isUsersRun(event) || isUsersWord(event) ? event.source : 'agent'
  return { ...encode({ ...body, source }, '0.13.1'), timestamp: localTime(new Date(event.timestamp)) }
}

/** A frame that is no event as 0.13.1 pages know it: errors have no more than their text (wire A3.5). */
export function frameFor0131(frame: ErrorFrame | StatusFrame): object {
  return 'error' in frame ? { error: true, message: frame.message } : frame
}

/**
 * The states that a page must be told after its `initialize` because the log will not say them again: whatever the
 * session's past, the page waits for `init` and takes what follows for the present state (wire A1.4, D1.6).
 */
export function statesFor0131(before: Conversation, now: Conversation): readonly AgentState[] {
  const past = before.agentState
  if (past === null || past === 'error') return []
  if (past === 'loading') return ['loading']
  return resumed.has(now.agentState) && now.agentState ? ['loading', 'init', now.agentState] : ['loading', 'init']
}

/** The frame that tells a state apart from the log. `id` is that of the newest event that the page has, for its cursor. */
export function stateFrame0131(state: AgentState, id: number, time: Date): object {
  const head = { ...(id < 0 ? {} : { id }), timestamp: localTime(time), source: 'agent', message: '' }
  return { ...head, observation: 'agent_state_changed', content: '', extras: { agent_state: known(state) } }
}

/** Local time in ISO 8601 with microseconds and without a zone (wire A3.2). */
export function localTime(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  return `${day}T${clock}.${String(time.getMilliseconds()).padStart(3, '0')}000`
}

function isShown(event: Event): boolean {
  return isAction(event) ? shownActions.has(event.action) : shownObservations.has(event.observation)
}

function isToldLive(event: Event): boolean {
  switch (event.source) {
    case 'agent':
      return true
    case 'user':
      return !isAction(event) && toldOfUser.has(event.observation)
    case 'environment':
      return toldOfEnvironment.has(isAction(event) ? event.action : event.observation)
  }
}

/** Hidden commands hold what a page must not show, such as access tokens, and are not repeated (wire D2.9). */
function isReplayed(event: Event): boolean {
  if (isAction(event)) return !(event.action === 'run' && event.args.hidden)
  return event.observation !== 'agent_state_changed' && !(event.observation === 'run' && event.extras.hidden)
}

function isUsersRun(event: Event): boolean {
  return event.source === 'user' && !isAction(event) && event.observation === 'run'
}

function isUsersWord(event: Event): boolean {
  return event.source === 'user' && isAction(event) && event.action === 'message'
}

/** A failure of the session and not of one action: pages learn of those by a status (wire A3.5). */
function isTrouble(event: Event): event is Extract<Event, { observation: 'error' }> {
  return !isAction(event) && event.observation === 'error' && event.cause === undefined && event.source !== 'user'
}

function troubleFrame(message: string, id: string): StatusFrame {
  return { status_update: true, type: 'error', id: headlines.has(id) ? id : '', message }
}

function asAction(event: Action, telling: Telling): Event {
  const question = questionOf(event)
  if (question !== undefined) return asMessage(event, question)
  const { timeout, ...untimed } = event
  if (telling === 'replay') return untimed
  return event.action === 'run' ? { ...event, args: { ...event.args, blocking: true } } : event
}

/**
 * The text of a question about an action that the page would not show, or not whole: nobody can answer what cannot be
 * seen, and the buttons stand under the agent's last words (wire A4, A7.3; P13).
 */
function questionOf(event: Action): string | undefined {
  if (!('confirmation_state' in event.args) || event.args.confirmation_state !== 'awaiting_confirmation')
    return undefined
  switch (event.action) {
    case 'read':
      return event.message
    case 'write':
      return `${event.message}\n${fenced(event.args.content)}`
    case 'edit': {
      const { path, content, file_text, old_str, new_str } = event.args
      const parts = [file_text, old_str, new_str, content].filter(part => part !== undefined && part !== '')
      return [`Editing file: ${path}`, ...parts.map(part => fenced(part ?? ''))].join('\n')
    }
    case 'browse_interactive':
      return event.message
    default:
      return undefined
  }
}

function asMessage(event: Action, question: string): Event {
  const { id, timestamp, source, args } = event
  const thought = 'thought' in args && args.thought !== '' ? `${args.thought}\n\n` : ''
  const content = `${thought}${question}`
  const risk = 'security_risk' in args && args.security_risk !== undefined ? { security_risk: args.security_risk } : {}
  const said = { content, image_urls: null, wait_for_response: false, ...risk }
  return { id, timestamp, source, message: content, action: 'message', args: said }
}

function fenced(text: string): string {
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).toWellFormed()}…` : text
  const longest = Math.max(2, ...(shown.match(/`+/g) ?? []).map(ticks => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${shown}\n${fence}`
}

function asObservation(event: Observation): Observation {
  if (event.observation === 'agent_state_changed')
    return { ...event, extras: { agent_state: known(event.extras.agent_state) } }
  return event.observation === 'run' ? { ...event, content: terminalText(event) } : event
}

/** Pages of 0.13.1 know no limit of rates: whoever waits for it is at work (wire A4). */
function known(state: AgentState): AgentState {
  return state === 'rate_limited' ? 'running' : state
}

/** The page's terminal shows outputs only: the agent's commands stand in front of them, lines end as on a terminal (wire D1.8). */
function terminalText({ source, content, extras }: Extract<Observation, { observation: 'run' }>): string {
  const output = content.replace(/[\r\n]+$/, '')
  const whole = source === 'agent' ? `${extras.command}\n${output}` : output
  return whole.replace(/\r?\n/g, '\r\n').replace(/[\r\n]+$/, '')
}
