import { type Conversation, isRunning, type RunnableAction } from '@openhands/protocol'
import { stuck } from './stuck.ts'

/** What a session may use up before it asks whether to go on. */
export interface Limits {
  readonly maxIterations: number
  /** US dollars; absent: no limit. */
  readonly maxBudget?: number
  /** Characters of history that a prompt may have. */
  readonly maxViewSize: number
}

export type HaltCode = 'max_iterations' | 'max_budget' | 'stuck'

/** The one thing to do next. */
export type Move =
  | { readonly kind: 'wait' }
  | { readonly kind: 'prepare' }
  | { readonly kind: 'step' }
  | { readonly kind: 'perform' | 'reject' | 'skip'; readonly action: RunnableAction }
  | { readonly kind: 'condense' }
  | { readonly kind: 'halt'; readonly code: HaltCode; readonly message: string }

const wait: Move = { kind: 'wait' }

/**
 * Decides from the log alone. Actions are carried out one at a time and in order; the user's own do not wait for the
 * agent, nor for an open question.
 */
export function nextMove(state: Conversation, limits: Limits): Move {
  if (state.agentState === null) return wait
  let agentBlocked = !isRunning(state)
  let agentOpen = false
  for (const { action, approval } of state.open) {
    if (approval === 'refused') return { kind: 'reject', action }
    if (approval === 'withdrawn') return { kind: 'skip', action }
    const byUser = action.source === 'user'
    const mayRun = byUser ? state.agentState !== 'loading' : !agentBlocked && approval !== 'awaited'
    if (mayRun) return { kind: 'perform', action }
    agentOpen ||= !byUser
    agentBlocked ||= !byUser
  }
  if (state.agentState === 'loading') return { kind: 'prepare' }
  return state.agentState === 'running' && !agentOpen ? nextThought(state, limits) : wait
}

function nextThought(state: Conversation, limits: Limits): Move {
  if (state.stepsSinceAsked >= limits.maxIterations) return overIterations(state, limits)
  if (limits.maxBudget !== undefined && state.costSinceAsked > limits.maxBudget)
    return overBudget(state, limits.maxBudget)
  const loop = stuck(state.traces)
  if (loop !== undefined) return { kind: 'halt', code: 'stuck', message: `Agent got stuck in a loop: ${loop}` }
  return state.viewSize > limits.maxViewSize ? { kind: 'condense' } : { kind: 'step' }
}

/** The wording's beginning is what pages look for (wire D1.17). */
function overIterations(state: Conversation, limits: Limits): Move {
  const count = `Current iteration: ${state.stepsSinceAsked}, max iteration: ${limits.maxIterations}.`
  const message = `Agent reached maximum iteration. ${count} Send a message, or resume, to let it go on.`
  return { kind: 'halt', code: 'max_iterations', message }
}

function overBudget(state: Conversation, maxBudget: number): Move {
  const spent = `Current budget: ${state.costSinceAsked.toFixed(2)}, max budget: ${maxBudget.toFixed(2)}.`
  const message = `Agent reached maximum budget. ${spent} Send a message, or resume, to let it go on.`
  return { kind: 'halt', code: 'max_budget', message }
}
