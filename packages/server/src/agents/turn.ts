import { type Event, isAction } from '@openhands/protocol'
import { isBlank } from './clean-text.ts'

/** One answer of the agent and everything that happened until the next; the first turn of a history has no answer. */
export interface Turn {
  readonly answer: readonly Event[]
  /** All that is not part of the answer, in order; a number stands for so many events that the history leaves out there. */
  readonly others: readonly (Event | number)[]
}

/**
 * Finds where the turn that begins at `start` ends: the index of the next turn's first event, or undefined for the last
 * turn. What the user said while the model was answering (after the event that the answer has `seen`) belongs behind
 * that answer, so it begins the answer's turn.
 */
export function endOfTurn(history: readonly Event[], start: number, isFirst: boolean): number | undefined {
  const own = isFirst ? undefined : new AnswerInProgress()
  let spoken = !isFirst
  for (let index = start; index < history.length; index++) {
    const event = history[index]
    if (!event) break
    spoken ||= isUserMessage(event)
    if (!isAnswer(event) || (!spoken && isMessage(event)) || own?.takes(event, index)) continue
    const seen = event.seen ?? event.id
    const earliest = own ? own.last + 1 : start
    let end = index
    while (end > earliest && (history[end - 1]?.id ?? -1) > seen) end--
    return end
  }
  return undefined
}

/** Cuts the turn out of the history. */
export function turnAt(history: readonly Event[], start: number, end: number, isFirst: boolean): Turn {
  const own = isFirst ? undefined : new AnswerInProgress()
  const answer: Event[] = []
  const others: (Event | number)[] = []
  for (let index = start; index < end; index++) {
    const event = history[index]
    if (!event) break
    if (own && isAnswer(event) && own.takes(event, index)) answer.push(event)
    else others.push(event)
    const leftOut = (history[index + 1]?.id ?? 0) - event.id - 1
    if (leftOut > 0) others.push(leftOut)
  }
  return { answer, others }
}

/** True for the events that a model reads as words of the user. */
export function isUserMessage(event: Event): boolean {
  return isAction(event) && event.source === 'user' && (event.action === 'message' || event.action === 'start')
}

/** True for what the agent itself said or did, and for calls of which no action could be made. */
function isAnswer(event: Event): boolean {
  if (event.source !== 'agent') return false
  if (!isAction(event))
    return event.observation === 'error' && event.cause === undefined && event.tool_call_metadata !== undefined
  if (event.action === 'message') return !isBlank(event.args.content)
  return !unseen.has(event.action)
}

const unseen: ReadonlySet<string> = new Set(['null', 'initialize', 'start', 'change_agent_state'])

function isMessage(event: Event): boolean {
  return isAction(event) && event.action === 'message'
}

/** Tells which events are of one answer: those with one response id, and words directly before or after them. */
class AnswerInProgress {
  last = -1
  #response: string | undefined

  takes(event: Event, index: number): boolean {
    const response = event.tool_call_metadata?.model_response?.id
    const begins = this.last === -1
    const continues =
      this.#response !== undefined && response !== undefined ? response === this.#response : index === this.last + 1
    if (!begins && (event.llm_metrics !== undefined || !continues)) return false
    this.last = index
    this.#response ??= response
    return true
  }
}
