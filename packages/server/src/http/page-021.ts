import {
  type AgentState,
  type Conversation,
  type Event,
  encode,
  isAction,
  type RunnableAction,
} from '@openhands/protocol'

/** One frame as it goes out. */
export type Page021Frame = Readonly<Record<string, unknown>>

/** Of no meaning to a page: it does not know them, or must not show them. */
const notForPages = new Set(['null', 'initialize', 'start', 'rename', 'restore', 'amend', 'forget', 'plan'])

/** An event as pages of 0.20 and 0.21.1 know it (wire B3), its source as stored; undefined for what they are never shown. */
export function onPage021(event: Event): Page021Frame | undefined {
  const name = isAction(event) ? event.action : event.observation
  return notForPages.has(name) || isHidden(event) ? undefined : encode(spoken(event), '0.21.1')
}

/** What goes out as it happens: what the environment observes comes from the agent, what it decides is not told (wire B1.3). */
export function liveOnPage021(event: Event): Page021Frame | undefined {
  if (event.source !== 'environment') return onPage021(event)
  if (isTrouble(event)) return troubleFrame(event)
  if (isAction(event) && event.action === 'change_agent_state') return undefined
  return onPage021({ ...event, source: 'agent' })
}

/** A failure of the session and not of one action; the page goes by the beginning of its words (wire A3.5, D1.17). */
function isTrouble(event: Event): event is Extract<Event, { observation: 'error' }> {
  return !isAction(event) && event.observation === 'error' && event.cause === undefined
}

function troubleFrame({ content, extras }: Extract<Event, { observation: 'error' }>): Page021Frame {
  return { status_update: true, type: 'error', id: extras.error_id, message: content }
}

/** Hidden commands may carry tokens (wire D2.9); pages skip them anyway. */
function isHidden(event: Event): boolean {
  if (isAction(event)) return event.action === 'run' && event.args.hidden
  return event.observation === 'run' && event.extras.hidden
}

/** A page shows an agent's end by its thought and by nothing else (wire D2.14). */
function spoken(event: Event): Event {
  if (!isAction(event) || event.action !== 'finish' || event.args.thought !== '') return event
  return { ...event, args: { ...event.args, thought: event.message } }
}

/** Where one page starts to look. */
export interface Page021View {
  /** The first event that it is to get. */
  readonly from: number
  /** The log as it was when the page came: `next` ends the replay. */
  readonly log: Pick<Conversation, 'next' | 'announced'>
  /** The action that waits for the user's answer now, if one does. */
  readonly awaited: () => RunnableAction | undefined
}

/** One page's view of a log: what was, then the present state whatever it is, then what comes (wire B1.1, B1.3). */
export class Page021 {
  readonly #view: Page021View
  /** The newest state of the replay; it is told at its end. */
  #held: Event | undefined
  /** The newest id that was sent: the page comes back with the last id that it saw, so none may go out later. */
  #newest = -1

  constructor(view: Page021View) {
    this.#view = view
  }

  /** What to send before the first event: the present state where nothing is to be replayed. */
  begin(): readonly Page021Frame[] {
    return this.#view.from >= this.#view.log.next ? this.#present() : []
  }

  /** What to send for the next event of the log. */
  show(event: Event): readonly Page021Frame[] {
    if (event.id >= this.#view.log.next) return this.#live(event)
    const frames = this.#replayed(event)
    return event.id === this.#view.log.next - 1 ? [...frames, ...this.#present()] : frames
  }

  #replayed(event: Event): readonly Page021Frame[] {
    const state = stateOf(event)
    if (state !== undefined) this.#held = event
    return state === undefined || state === 'init' ? this.#send(event.id, onPage021(event)) : []
  }

  #live(event: Event): readonly Page021Frame[] {
    const frames = this.#send(event.id, liveOnPage021(event))
    return stateOf(event) === 'awaiting_user_confirmation' ? [...frames, ...this.#question()] : frames
  }

  #send(id: number, frame: Page021Frame | undefined): readonly Page021Frame[] {
    if (frame === undefined) return []
    this.#newest = id
    return [frame]
  }

  #present(): readonly Page021Frame[] {
    const { announced } = this.#view.log
    if (announced === null) return []
    const held = this.#held
    const frame = held && held.id > this.#newest ? onPage021(held) : undefined
    const told = frame ? this.#send(held?.id ?? -1, frame) : [stateFrame(announced)]
    return announced === 'awaiting_user_confirmation' ? [...told, ...this.#question()] : told
  }

  /** The page shows its buttons below an assistant's words only, and an action ends in a card (wire B4, D1.16). */
  #question(): readonly Page021Frame[] {
    const action = this.#view.awaited()
    if (!action) return []
    const reason = action.args.security_reason
    const content = ['May I do this?', action.message || `${action.action}.`, ...(reason ? [reason] : [])].join('\n\n')
    const args = { content, image_urls: null, wait_for_response: true }
    return [{ timestamp: action.timestamp, source: 'agent', message: content, action: 'message', args }]
  }
}

function stateOf(event: Event): AgentState | undefined {
  return !isAction(event) && event.observation === 'agent_state_changed' ? event.extras.agent_state : undefined
}

/** A state that is no event: without an id, because the page would come back with it. */
function stateFrame(agent_state: AgentState): Page021Frame {
  return { message: '', observation: 'agent_state_changed', content: '', extras: { agent_state } }
}
