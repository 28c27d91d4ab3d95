import { type Conversation, type Event, type EventId, isAction, type Quarantined } from '@openhands/protocol'

const REFUSED = '[What was here is left out: the model’s provider refuses it.]'
const PICTURES = '[The pictures that were here are left out: the model’s provider refuses them.]'

/** A message as the model is to read it after its user has changed it; one that was taken back says nothing. */
export function amended(event: Event, content: string | null): Event {
  if (!isAction(event) || event.action !== 'message') return event
  if (content !== null) return { ...event, message: content, args: { ...event.args, content } }
  const { id, timestamp, source } = event
  return { id, timestamp, source, message: '', action: 'null', args: {} }
}

/** An event with a note in the place of what prompts must not hold; a call keeps its result (P16, P01). */
export function withoutRefused(event: Event, what: Quarantined['what']): Event {
  if (isAction(event)) {
    if (event.action !== 'message') return event
    const content = what === 'pictures' ? `${event.args.content}\n${PICTURES}` : REFUSED
    return { ...event, message: content, args: { ...event.args, content, image_urls: null } }
  }
  const { id, timestamp, source, cause, tool_call_metadata } = event
  const answered = { ...(cause === undefined ? {} : { cause }), ...(tool_call_metadata ? { tool_call_metadata } : {}) }
  const envelope = { id, timestamp, source, message: REFUSED, ...answered }
  return { ...envelope, observation: 'error', content: REFUSED, extras: { error_id: 'quarantine' } }
}

/**
 * What a refused prompt may have been refused for: something that no earlier prompt held, because those were accepted.
 * Pictures first, then results, then the user's words. None when nothing is left to suspect, or when no prompt was ever
 * accepted: then it is not what it says that is wrong with it.
 */
export function suspects(history: readonly Event[], state: Conversation): readonly Quarantined[] {
  const known = new Map(state.quarantined.map(({ event, what }) => [event, what]))
  const fresh = history.filter(event => event.id > state.seen && known.get(event.id) !== 'all')
  const all = (id: EventId): Quarantined => ({ event: id, what: 'all' })
  const words = fresh.filter(event => isAction(event) && event.action === 'message' && event.source === 'user')
  const pictures = words.filter(event => 'args' in event && 'image_urls' in event.args && event.args.image_urls?.length)
  if (pictures.length > 0) return pictures.map(({ id }) => ({ event: id, what: 'pictures' }))
  if (state.steps === 0) return []
  const results = fresh.filter(event => !isAction(event) && event.source !== 'environment' && event.content !== '')
  return (results.length > 0 ? results : words).map(({ id }) => all(id))
}
