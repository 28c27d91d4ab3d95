import { type Action, type ActionOf, type Event, type EventId, isAction, type Observation } from '@openhands/protocol'
import type { UserPart } from '../core/ports.ts'
import { cleanText } from './clean-text.ts'
import { observationText, shown } from './observation-text.ts'

/** The user's own actions, by id. */
export type OwnActions = ReadonlyMap<EventId, Action>

/**
 * How an event that is no answer of the agent is told to the model: what the user wrote, ran and changed, and what went
 * wrong with an answer. Nothing for all the rest, and never anything that is hidden (wire A2.4, A8.3).
 */
export function userParts(event: Event, own: OwnActions, images: boolean): readonly UserPart[] {
  if (isAction(event)) {
    if (event.source !== 'user') return []
    if (event.action === 'message') return messageParts(event, images)
    if (event.action === 'restore') return [text(restored)]
    return event.action === 'start' ? [text(nonBlank(cleanText(event.args.task)))] : []
  }
  const words =
    event.source === 'user' ? aboutUser(event, own) : event.source === 'agent' ? aboutAgent(event) : undefined
  return words === undefined ? [] : [text(words)]
}

const restored =
  'The user brought the workspace back to an earlier state: files that were changed, made or deleted since are as they were then. Look again before you rely on what you know of them.'

/** A note that stands for events that the model is not shown. */
export function gapNote(missing: number): UserPart {
  return text(`[${missing} ${missing === 1 ? 'event was' : 'events were'} left out here to save space.]`)
}

function text(words: string): UserPart {
  return { type: 'text', text: words }
}

function nonBlank(words: string): string {
  return words.trim() === '' ? '(empty message)' : words
}

function messageParts({ args }: ActionOf<'message'>, images: boolean): readonly UserPart[] {
  const urls = args.image_urls ?? []
  const sent = images ? urls.filter(isImageData) : []
  const words = cleanText(args.content)
  const said = words.trim() === '' && urls.length > 0 ? [] : [text(nonBlank(words))]
  return [
    ...said,
    ...sent.map(url => ({ type: 'image', url }) as const),
    ...unsentNote(urls.length - sent.length, images),
  ]
}

function isImageData(url: string): boolean {
  return /^data:image\/[\w.+-]+;base64,/.test(url)
}

function unsentNote(count: number, images: boolean): readonly UserPart[] {
  if (count === 0) return []
  const why = images ? 'they are not image data' : 'this model does not take images'
  return [text(`[The user attached ${count} image(s) that are not shown: ${why}.]`)]
}

/** What the user did without words. */
function aboutUser(event: Observation, own: OwnActions): string | undefined {
  switch (event.observation) {
    case 'run':
      return event.extras.hidden ? undefined : executed(event.extras.command, event)
    case 'error': {
      const action = event.cause === undefined ? undefined : own.get(event.cause)
      return action?.action === 'run' && !action.args.hidden ? executed(action.args.command, event) : undefined
    }
    case 'edit':
    case 'write':
      return `The user changed the file ${cleanText(event.extras.path)}.`
    default:
      return undefined
  }
}

function executed(command: string, event: Observation): string {
  return `User executed the command: ${shown(command)}\n${observationText(event)}`
}

/** Results whose call is no longer shown, and answers of which nothing could be made. */
function aboutAgent(event: Observation): string | undefined {
  if (event.cause === undefined) return event.observation === 'error' ? observationText(event) : undefined
  if (event.observation === 'null' || event.observation === 'agent_state_changed') return undefined
  if (event.observation === 'run' && event.extras.hidden) return undefined
  return `OBSERVATION:\n${observationText(event)}`
}
