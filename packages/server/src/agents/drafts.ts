import {
  type Action,
  type ActionOf,
  actionEffects,
  type Draft,
  type Event,
  type ObservationOf,
  type ToolCallMetadata,
} from '@openhands/protocol'
import type { StepDraft, ToolCall } from '../core/ports.ts'
import type { Answer } from './answer.ts'
import { cutEnd, isBlank, safeJsonText } from './clean-text.ts'
import { parseCall } from './parse-call.ts'
import { takenIds } from './taken-ids.ts'
import { findTextCalls } from './text-calls.ts'

/** Calls of one answer that are looked at. */
const MAX_CALLS = 32
/** Characters of the arguments of a call that could not be understood that are kept for the model to see again. */
const KEPT_ARGUMENTS = 20_000

/**
 * What an answer means: the drafts of its actions in order, with an error in the place of every call that is not
 * carried out, so that no call stays without its result (P01, P15). Never empty. `history` is what the model was shown.
 */
export function draftsOf(answer: Answer, history: readonly Event[]): readonly StepDraft[] {
  const drafts = answered(answer, history)
  const [first, ...rest] = drafts
  if (!first) return []
  const reasoning = answer.reasoning.length > 0 ? { reasoning: answer.reasoning } : {}
  return [{ ...first, llm_metrics: answer.metrics, ...reasoning }, ...rest]
}

function answered(answer: Answer, history: readonly Event[]): readonly StepDraft[] {
  const found = answer.calls.length === 0 ? findTextCalls(answer.text) : undefined
  const text = (found ? found.before : answer.text).toWellFormed().trim()
  const written = found ? found.calls.map(call => ({ ...call, id: '' })) : answer.calls
  if (written.length > 0) return callsAnswered({ ...answer, text }, written, history)
  const cutOff = answer.reason === 'length'
  if (!isBlank(text)) return cutOff ? [said(text, false), failed(CUT_OFF)] : [said(text, true)]
  if (answer.reason === 'content-filter') return [failed('The answer was withheld by a content filter.')]
  return [failed(cutOff ? CUT_OFF : 'The model returned an empty answer.')]
}

const CUT_OFF = 'The answer was cut off because it reached the output limit. Go on in smaller pieces.'
const FINISHED = 'Not executed: the task was finished by an earlier call of the same answer.'
const NOT_ALONE = 'Not executed: other calls of the same answer come first. Look at their results, then finish.'

function callsAnswered(answer: Answer, written: readonly ToolCall[], history: readonly Event[]): readonly StepDraft[] {
  const taken = written.slice(0, MAX_CALLS + 1)
  const ids = uniqueIds(taken, answer.metrics.response_id, history)
  const drafts: StepDraft[] = []
  const faults = new Set<string>()
  let thought = answer.text
  for (const [index, call] of taken.entries()) {
    const identity = identityOf(call, ids[index] ?? '', taken.length, answer)
    const action = index < MAX_CALLS ? actionOf(call, thought, drafts) : overTheLimit(written.length - MAX_CALLS)
    if (typeof action !== 'string') {
      drafts.push({ ...action, tool_call_metadata: identity })
      if ('thought' in action.args && action.args.thought === thought) thought = ''
      continue
    }
    const cut = answer.reason === 'length' && index === written.length - 1 ? `${CUT_OFF}\n` : ''
    // equal faults of one answer are told apart: the model has not yet had the chance to mend them (P15)
    const content = faults.has(action) ? `${action} (Call ${index + 1} of the answer.)` : cut + action
    faults.add(action)
    const kept = cutEnd(safeJsonText(call.arguments), KEPT_ARGUMENTS)
    drafts.push({ ...failed(content), tool_call_metadata: { ...identity, arguments: kept } })
  }
  return isBlank(thought) ? drafts : [said(thought, false), ...drafts]
}

/** The action that a call asks for, or why it is not carried out. */
function actionOf(call: ToolCall, thought: string, before: readonly StepDraft[]): Draft<Action> | string {
  if (before.some(draft => 'action' in draft && draft.action === 'finish')) return FINISHED
  const understood = parseCall(call.name, call.arguments)
  if (!understood.ok) return understood.fault
  const action = understood.act(thought)
  const alone = before.every(draft => 'action' in draft && actionEffects[draft.action] === 'none')
  return action.action === 'finish' && !alone ? NOT_ALONE : action
}

function overTheLimit(left: number): string {
  return `Only the first ${MAX_CALLS} calls of an answer are looked at; ${left} were left out. Make fewer calls at once.`
}

function said(content: string, wait_for_response: boolean): Draft<ActionOf<'message'>> {
  return { action: 'message', source: 'agent', args: { content, image_urls: null, wait_for_response } }
}

function failed(content: string): Draft<ObservationOf<'error'>> {
  return { observation: 'error', source: 'agent', content, extras: { error_id: 'AGENT_ERROR$BAD_ACTION' } }
}

function identityOf(call: ToolCall, id: string, total: number, { metrics }: Answer): ToolCallMetadata {
  return {
    function_name: call.name.replace(/[^\w-]/g, '_').slice(0, 64) || 'unknown',
    tool_call_id: id,
    total_calls_in_response: total,
    model_response: { id: metrics.response_id, model: metrics.model },
  }
}

/** An id for each call: the model's own where it can be used and no other call in sight has it. */
function uniqueIds(calls: readonly ToolCall[], response: string, history: readonly Event[]): readonly string[] {
  const taken = new Set<string>()
  const before = takenIds(history)
  const isTaken = (id: string): boolean => taken.has(id) || before.has(id)
  return calls.map(({ id }, index) => {
    const own = /^[!-~]{1,200}$/.test(id) ? id : `${response.replace(/[^\w-]/g, '').slice(0, 100) || 'call'}-${index}`
    let unique = own
    for (let copy = 2; isTaken(unique); copy++) unique = `${own}-${copy}`
    taken.add(unique)
    return unique
  })
}
