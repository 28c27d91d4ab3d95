import type { Conversation, StatusFrame } from '@openhands/protocol'
import type { ConversationView } from '../../store/conversation-store.ts'
import { text } from '../../text.ts'
import { faceOf } from './cards/face.ts'

/** Whether a model's provider is waited for. */
export function isRetry(status: StatusFrame | undefined): boolean {
  return status?.id === 'STATUS$LLM_RETRY'
}

/** The words for what is happening now. */
export function nowOf({ state, live, status }: Pick<ConversationView, 'state' | 'live' | 'status'>): string {
  const { agentState } = state
  const working = agentState === 'running' || agentState === 'loading' || agentState === null
  // The reason of a wait is told above the line, where there is room for all of it.
  if (status && working) return isRetry(status) ? text.now.provider : status.message
  switch (agentState) {
    case 'running':
    case 'user_confirmed':
      return doing(state) ?? (live.text ? text.now.writing : text.now.thinking)
    case 'awaiting_user_confirmation':
      return text.now.confirm
    case 'awaiting_user_input':
      return text.now.input
    case 'paused':
    case 'stopped':
    case 'finished':
    case 'rejected':
    case 'error':
      return text.now[agentState]
    case 'rate_limited':
      return text.now.rateLimited
    case 'loading':
      return state.task === null ? text.now.ready : text.now.starting
    default:
      return text.now.ready
  }
}

function doing({ open }: Conversation): string | undefined {
  const first = open.find(each => each.approval === 'free' || each.approval === 'given')
  return first && `${text.now.doing[first.action.action]} ${faceOf(first.action).title}`
}
