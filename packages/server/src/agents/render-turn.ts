import {
  type Action,
  actionEffects,
  type Event,
  type EventId,
  isAction,
  type Observation,
  type PlanItem,
  progressOf,
} from '@openhands/protocol'
import type { ModelMessage, ToolCall, ToolResult, UserPart } from '../core/ports.ts'
import { cleanText, safeJson, safeJsonText } from './clean-text.ts'
import { observationText } from './observation-text.ts'
import { callOf } from './tools.ts'
import type { Turn } from './turn.ts'
import { gapNote, userParts } from './user-parts.ts'

/** Gives the same message object again for the same events: `make` is called only when the key has changed. */
export type Remember<M> = (anchor: Event, key: readonly unknown[], make: () => M) => M
/** What was made before, for each kind of message. */
export interface Memories {
  readonly assistant: Remember<MessageOf<'assistant'>>
  readonly tool: Remember<MessageOf<'tool'>>
  readonly user: Remember<MessageOf<'user'>>
}
export type MessageOf<R extends ModelMessage['role']> = Extract<ModelMessage, { role: R }>

const NO_RESULT = '[No result: the action was interrupted or has not been carried out.]'
const GO_ON: ModelMessage = {
  role: 'user',
  parts: [{ type: 'text', text: 'Go on with the task. If it is done, call finish.' }],
}
const BEGINNING: ModelMessage = { role: 'user', parts: [{ type: 'text', text: '[The session begins.]' }] }

/**
 * A turn as messages: the answer, then the results of all its calls, then what the user said. Whatever is missing in the
 * log, every call has exactly one result directly after it, and the last message is not the model's own (P01).
 */
export function renderTurn(turn: Turn, images: boolean, memories: Memories): readonly ModelMessage[] {
  const [first] = turn.answer
  const causes = new Set<EventId>(turn.answer.map(event => event.id))
  const results = new Map<EventId, Observation>()
  const others = turn.others.filter(event => {
    const result = typeof event === 'number' ? undefined : asResult(event)
    if (result?.cause === undefined || !causes.has(result.cause) || results.has(result.cause)) return true
    results.set(result.cause, result)
    return false
  })
  const user = userMessage(others, images, memories, first)
  if (!first) return [user ?? BEGINNING]
  const spoken = memories.assistant(first, turn.answer, () => assistantMessage(turn.answer))
  if (spoken.calls.length === 0) return [spoken, user ?? GO_ON]
  const answered = turn.answer.filter(isCall)
  const key = answered.map(event => results.get(event.id))
  const tool = memories.tool(first, key, () => ({
    role: 'tool',
    results: answered.map((event, index) => resultOf(event, results.get(event.id), spoken.calls[index])),
  }))
  return user ? [spoken, tool, user] : [spoken, tool]
}

function asResult(event: Event): Observation | undefined {
  return isAction(event) || wordless.has(event.observation) ? undefined : event
}

const wordless: ReadonlySet<string> = new Set(['null', 'agent_state_changed', 'condense'])

function isCall(event: Event): boolean {
  return !isAction(event) || event.action !== 'message'
}

function assistantMessage(answer: readonly Event[]): MessageOf<'assistant'> {
  const words = answer.map(wordsOf).filter(text => text.trim() !== '')
  const reasoning = answer.flatMap(event => event.reasoning ?? [])
  const calls: ToolCall[] = []
  for (const event of answer.filter(isCall)) {
    const metadata = event.tool_call_metadata
    const own = metadata?.tool_call_id || `event_${event.id}`
    const id = calls.some(call => call.id === own) ? `${own}-${event.id}` : own
    if (isAction(event)) {
      const { name, args } = callOf(event)
      calls.push({ id, name, arguments: safeJson(args) })
    } else {
      calls.push({
        id,
        name: metadata?.function_name || 'unknown',
        arguments: safeJsonText(metadata?.arguments ?? '{}'),
      })
    }
  }
  return { role: 'assistant', text: words.join('\n\n'), reasoning, calls }
}

/** What the model said in words beside an action. */
function wordsOf(event: Event): string {
  if (!isAction(event)) return ''
  if (event.action === 'message') return cleanText(event.args.content)
  if (event.action === 'think' || event.action === 'finish') return ''
  return 'thought' in event.args ? cleanText(event.args.thought) : ''
}

function resultOf(event: Event, result: Observation | undefined, call: ToolCall | undefined): ToolResult {
  const { id: callId, name } = call ?? { id: '', name: '' }
  if (!isAction(event)) return { callId, name, output: observationText(event), isError: true }
  if (result) return { callId, name, output: observationText(result), isError: failures.has(result.observation) }
  const done = actionEffects[event.action] === 'none'
  return { callId, name, output: done ? acknowledged(event) : NO_RESULT, isError: !done }
}

const failures: ReadonlySet<string> = new Set(['error', 'user_rejected'])

/** The result of an action that is complete as soon as it is in the log. */
function acknowledged(action: Action): string {
  switch (action.action) {
    case 'think':
      return 'Your thought has been logged.'
    case 'plan':
      return planKept(action.args.items)
    case 'finish':
      return 'The task has been marked as finished. If the user has written since, go on with that.'
    default:
      return 'Done.'
  }
}

function planKept(items: readonly PlanItem[]): string {
  const { done, total } = progressOf(items)
  return total === 0 ? 'The plan has been dropped.' : `The plan has been updated: ${done} of ${total} done.`
}

/** What happened beside the answer, as the user's next message; undefined when there is nothing to say. */
function userMessage(
  others: readonly (Event | number)[],
  images: boolean,
  memories: Memories,
  answer: Event | undefined,
): MessageOf<'user'> | undefined {
  const events = others.filter(event => typeof event !== 'number')
  const own = new Map<EventId, Action>()
  for (const event of events) if (isAction(event) && event.source === 'user') own.set(event.id, event)
  const partsOf = (event: Event | number): readonly UserPart[] =>
    typeof event === 'number' ? [gapNote(event)] : userParts(event, own, images)
  const anchor = answer ?? events[0]
  const said = others.filter(event => partsOf(event).length > 0)
  if (said.length === 0 || !anchor) return undefined
  return memories.user(anchor, said, () => ({ role: 'user', parts: said.flatMap(partsOf) }))
}
