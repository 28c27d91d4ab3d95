import { type Conversation, isRunning, mayBecome } from '@openhands/protocol'

/** Whether it makes sense to offer a pause. */
export function canPause(state: Conversation): boolean {
  return mayBecome(state, 'paused', false)
}

/** Whether the agent can be told to go on without another word. */
export function canResume(state: Conversation): boolean {
  return mayBecome(state, 'running', false)
}

/** Whether there is something to stop. */
export function canStop(state: Conversation): boolean {
  return isRunning(state) || state.agentState === 'paused' || state.agentState === 'awaiting_user_confirmation'
}
