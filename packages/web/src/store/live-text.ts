import { type DeltaFrame, type Event, type EventId, isAction } from '@openhands/protocol'

/** What comes in while it comes: a model's words and thoughts, and the output of commands. */
export interface LiveText {
  readonly text: string
  readonly reasoning: string
  /** By action; the end of it where it is long. */
  readonly outputs: ReadonlyMap<EventId, string>
}

export const silence: LiveText = { text: '', reasoning: '', outputs: new Map() }

/** Characters kept of words and of one command's output; beyond it the beginning is let go, a quarter at a time. */
const MAX_WORDS = 400_000
const MAX_OUTPUT = 64_000

/** Adds what has come. */
export function withDelta(live: LiveText, { of, cause, text, restart }: DeltaFrame['delta']): LiveText {
  if (of === 'output') {
    const before = restart ? '' : (live.outputs.get(cause) ?? '')
    return { ...live, outputs: new Map(live.outputs).set(cause, tail(before + text, MAX_OUTPUT)) }
  }
  if (restart) return { ...live, text: '', reasoning: '', [of]: text }
  return { ...live, [of]: tail(live[of] + text, MAX_WORDS) }
}

/** Without what an event of the log now says for good. */
export function withoutKept(live: LiveText, event: Event): LiveText {
  if (isAction(event))
    return event.source === 'agent' && (live.text || live.reasoning) ? { ...live, text: '', reasoning: '' } : live
  if (event.observation === 'agent_state_changed' && event.extras.agent_state !== 'running')
    return live.text || live.reasoning ? { ...live, text: '', reasoning: '' } : live
  if (event.cause === undefined || !live.outputs.has(event.cause)) return live
  const outputs = new Map(live.outputs)
  outputs.delete(event.cause)
  return { ...live, outputs }
}

function tail(text: string, most: number): string {
  // In steps: what begins with another word each time would be drawn anew each time.
  return text.length > most ? text.slice(Math.ceil(-0.75 * most)).toWellFormed() : text
}
