import type { Conversation } from '@openhands/protocol'
import { text, timelineText } from '../../text.ts'
import type { ServerValues } from './server-values.ts'

/** What a session is, in words: a name and a value each. */
export function factsOf(
  state: Conversation,
  byServer: ServerValues | undefined,
): readonly (readonly [name: string, value: string])[] {
  const { settings } = state
  const unset = (value: string | undefined): string =>
    value === undefined ? text.overview.unset : `${value} (${text.overview.unset})`
  const modes: ReadonlyMap<string, string> = new Map(Object.entries(text.home.modes))
  return [
    [timelineText.overview.task, state.title],
    [text.overview.model, settings.model ?? unset(byServer?.model)],
    [text.overview.folder, settings.directory ?? text.overview.ownFolder],
    [text.overview.approval, modes.get(settings.confirmation ?? '') ?? unset(modes.get(byServer?.confirmation ?? ''))],
    [timelineText.overview.analyzer, settings.security_analyzer ?? unset(byServer?.analyzer)],
    [text.overview.started, moment(state.created)],
    [timelineText.overview.changed, moment(state.updated)],
    [text.overview.events, state.next.toLocaleString('en')],
    [text.meters.steps, state.steps.toLocaleString('en')],
    [timelineText.overview.approvals, String(state.open.length)],
    [timelineText.overview.waits, String(state.queue.length)],
  ]
}

function moment(at: string): string {
  return at === '' ? '' : new Date(at).toLocaleString()
}
