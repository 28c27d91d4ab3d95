import { actionEffects, type Conversation, type Draft, isRunning } from '@openhands/protocol'
import { errorOn } from './perform.ts'

const UNKNOWN =
  'The server stopped while this action was under way. Whether it took effect is not known; it was not repeated. ' +
  'Look before doing it again.'

/**
 * What a log needs after its server has died, before anything else happens. Actions are carried out one at a time, so
 * only the first that nobody has to be asked about can have begun. If it only looks, it may simply run again. If it may
 * have had an effect, its outcome is unknown, and what was to come after it is not carried out unseen.
 */
export function recover(state: Conversation, resume: boolean): readonly Draft[] {
  const drafts: Draft[] = []
  for (const byUser of [true, false]) {
    const open = state.open.filter(one => (one.action.source === 'user') === byUser)
    const [first, ...rest] = open.filter(({ approval }) => approval === 'free' || approval === 'given')
    if (!first || first !== open[0] || actionEffects[first.action.action] !== 'effectful') continue
    drafts.push(errorOn(first.action, UNKNOWN, 'unknown_outcome'))
    for (const { action } of rest) drafts.push(errorOn(action, 'The action has not been executed.', 'interrupted'))
  }
  const atWork = isRunning(state) || state.agentState === 'loading'
  if (atWork && !resume) {
    const args = { agent_state: 'paused', thought: 'interrupted' } as const
    drafts.push({ action: 'change_agent_state', source: 'environment', args })
  }
  return drafts
}
