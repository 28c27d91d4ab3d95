import {
  actionEffects,
  type Event,
  type EventId,
  isAction,
  type Observation,
  type PlanItem,
  type Reasoning,
  type RememberScope,
  type RunnableAction,
} from '@openhands/protocol'

/** Who let an action pass, or did not. */
export interface Decision {
  readonly given: boolean
  readonly by: 'user' | 'agent' | 'environment'
  readonly at: string
  /** How far the approval reaches beyond its action. */
  readonly remember: RememberScope | undefined
}

/** One entry of the conversation as it is shown; `id` is the event that it begins with, and its key. */
export type Row =
  | {
      readonly kind: 'user'
      readonly id: EventId
      readonly at: string
      readonly text: string
      readonly images: readonly string[]
      /** Taken back before the model had read it. */
      readonly withdrawn: boolean
    }
  | { readonly kind: 'words'; readonly id: EventId; readonly at: string; readonly text: string; readonly asks: boolean }
  | { readonly kind: 'reasoning'; readonly id: EventId; readonly at: string; readonly text: string }
  | { readonly kind: 'plan'; readonly id: EventId; readonly at: string; readonly items: readonly PlanItem[] }
  | {
      readonly kind: 'act'
      readonly id: EventId
      readonly at: string
      readonly action: RunnableAction
      readonly observation: Observation | undefined
      readonly decision: Decision | undefined
    }
  | { readonly kind: 'end'; readonly id: EventId; readonly at: string; readonly text: string; readonly done: boolean }
  | {
      readonly kind: 'trouble'
      readonly id: EventId
      readonly at: string
      readonly text: string
      readonly code: string
    }
  | { readonly kind: 'note'; readonly id: EventId; readonly at: string; readonly text: string; readonly of: NoteKind }

/** What a line between the cards is about. */
export type NoteKind =
  | 'paused'
  | 'stopped'
  | 'resumed'
  | 'settings'
  | 'renamed'
  | 'condensed'
  | 'delegate'
  | 'restored'
  | 'forgotten'
  | 'other'

type ActRow = Extract<Row, { kind: 'act' }>

/** Makes rows of the events that the page holds. Rows that stay as they are stay the same objects: they are not drawn again. */
export class RowMaker {
  #known = new Map<string, Row>()

  rowsOf(events: readonly Event[]): readonly Row[] {
    const rows: Row[] = []
    const acts = new Map<EventId, number>()
    for (const event of events) {
      for (const row of isAction(event) ? actionRows(event) : observationRows(event, acts, rows)) {
        if (isToldAlready(row, rows.at(-1))) continue
        if (row.kind === 'act') acts.set(row.id, rows.length)
        rows.push(row)
      }
      if (isAction(event)) decide(event, acts, rows)
      if (isAction(event) && event.action === 'amend') amend(event.args, rows)
    }
    return this.#reused(rows)
  }

  #reused(rows: readonly Row[]): readonly Row[] {
    const known = new Map<string, Row>()
    const result = rows.map(row => {
      const key = keyOf(row)
      const before = this.#known.get(key)
      const kept = before && same(before, row) ? before : row
      known.set(key, kept)
      return kept
    })
    this.#known = known
    return result
  }
}

/** A name for a row that stays while the log grows at either end. */
export function keyOf(row: Row): string {
  return row.kind === 'reasoning' ? `r${row.id}` : String(row.id)
}

function same(a: Row, b: Row): boolean {
  if (a.kind === 'user') return b.kind === 'user' && a.text === b.text && a.withdrawn === b.withdrawn
  return (
    a.kind !== 'act' || (b.kind === 'act' && a.observation === b.observation && sameDecision(a.decision, b.decision))
  )
}

function sameDecision(a: Decision | undefined, b: Decision | undefined): boolean {
  return a?.given === b?.given && a?.at === b?.at
}

type Action = Extract<Event, { action: unknown }>

function actionRows(event: Action): Row[] {
  const { id, timestamp: at } = event
  const thoughts = thoughtOf(event.reasoning)
  const before: Row[] = thoughts === '' ? [] : [{ kind: 'reasoning', id, at, text: thoughts }]
  const row = rowOf(event, at)
  return row ? [...before, row] : before
}

function rowOf(event: Action, at: string): Row | undefined {
  const { id } = event
  switch (event.action) {
    case 'message':
      if (event.source === 'user')
        return { kind: 'user', id, at, text: event.args.content, images: event.args.image_urls ?? [], withdrawn: false }
      return { kind: 'words', id, at, text: event.args.content, asks: event.args.wait_for_response }
    case 'think':
      return { kind: 'reasoning', id, at, text: event.args.thought }
    case 'plan':
      if (event.args.items.length === 0) return { kind: 'note', id, at, text: event.message, of: 'other' }
      return { kind: 'plan', id, at, items: event.args.items }
    case 'finish':
      return { kind: 'end', id, at, text: event.args.thought || event.message, done: true }
    case 'reject':
      return { kind: 'end', id, at, text: event.args.thought || event.message, done: false }
    case 'change_agent_state':
      return noteOfState(event.args.agent_state, id, at, event.args.thought)
    case 'restore':
      return { kind: 'note', id, at, text: event.args.label || event.args.checkpoint, of: 'restored' }
    case 'forget':
      return { kind: 'note', id, at, text: '', of: 'forgotten' }
    case 'rename':
      return { kind: 'note', id, at, text: event.args.title, of: 'renamed' }
    case 'add_task':
    case 'modify_task':
    case 'summarize':
      return { kind: 'note', id, at, text: event.message, of: 'other' }
    default:
      return isRunnable(event)
        ? { kind: 'act', id, at, action: event, observation: undefined, decision: undefined }
        : undefined
  }
}

function isRunnable(event: Action): event is RunnableAction {
  return actionEffects[event.action] !== 'none'
}

/** A session that stops names the trouble that has just been told, and so does one whose action has failed. */
function isToldAlready(row: Row, before: Row | undefined): boolean {
  if (row.kind !== 'trouble') return false
  if (before?.kind === 'trouble') return before.code !== '' && before.code === row.text
  if (before?.kind !== 'act' || before.observation?.observation !== 'error') return false
  const { content, extras } = before.observation
  return content === row.text || extras.error_id === row.text
}

function noteOfState(state: string, id: EventId, at: string, why: string): Row | undefined {
  if (state === 'error') return { kind: 'trouble', id, at, text: why, code: '' }
  if (state === 'paused' || state === 'stopped') return { kind: 'note', id, at, text: why, of: state }
  if (state === 'running') return { kind: 'note', id, at, text: why, of: 'resumed' }
  return undefined
}

/** The rows of an observation that answers nothing that is held; otherwise it is put to the row of its action. */
function observationRows(event: Observation, acts: ReadonlyMap<EventId, number>, rows: Row[]): Row[] {
  const { id, timestamp: at } = event
  const index = event.cause === undefined ? undefined : acts.get(event.cause)
  const row = index === undefined ? undefined : rows[index]
  if (index !== undefined && row?.kind === 'act' && event.observation !== 'agent_state_changed') {
    rows[index] = { ...row, observation: event }
    return []
  }
  switch (event.observation) {
    case 'error':
      return [{ kind: 'trouble', id, at, text: event.content, code: event.extras.error_id }]
    case 'condense':
      return [{ kind: 'note', id, at, text: event.content, of: 'condensed' }]
    case 'chat':
    case 'success':
      return event.content === '' ? [] : [{ kind: 'note', id, at, text: event.content, of: 'other' }]
    default:
      return []
  }
}

/** What waited to be read may have been changed, or taken back. */
function amend({ message, content }: { message: EventId; content: string | null }, rows: Row[]): void {
  const index = rows.findIndex(row => row.id === message && row.kind === 'user')
  const row = rows[index]
  if (row?.kind === 'user') rows[index] = { ...row, text: content ?? row.text, withdrawn: content === null }
}

/** A yes or no belongs to the card of what it is about. */
function decide(event: Action, acts: ReadonlyMap<EventId, number>, rows: Row[]): void {
  if (event.action !== 'change_agent_state' || event.cause === undefined) return
  const { agent_state: wanted, remember } = event.args
  if (wanted !== 'user_confirmed' && wanted !== 'user_rejected') return
  const index = acts.get(event.cause)
  const row = index === undefined ? undefined : rows[index]
  if (index === undefined || row?.kind !== 'act') return
  const decision: Decision = { given: wanted === 'user_confirmed', by: event.source, at: event.timestamp, remember }
  rows[index] = { ...row, decision } satisfies ActRow
}

function thoughtOf(reasoning: readonly Reasoning[] | undefined): string {
  return (reasoning ?? [])
    .map(each => each.text)
    .join('\n\n')
    .trim()
}
