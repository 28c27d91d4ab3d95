import {
  type Conversation,
  type ErrorFrame,
  type EventId,
  type RememberScope,
  type RunnableAction,
  scopesOf,
} from '@openhands/protocol'
import type { Confirmation } from './policy.ts'

/** What a client wants cannot be, or is so already. */
export function noEffect(field: string, message: string): ErrorFrame {
  return { error: true, code: 'no_effect', field, message }
}

/** What a client wants makes no sense at any time. */
export function invalid(field: string, message: string): ErrorFrame {
  return { error: true, code: 'invalid_frame', field, message }
}

/** An approval that says more than it can mean is refused, not taken as one that says less; undefined where it may be so. */
export function scopeRefused(
  state: Conversation,
  question: RunnableAction,
  scope: RememberScope | undefined,
  confirmation: Confirmation,
): ErrorFrame | undefined {
  if (scope === undefined || scopesOf(question, state, confirmation).includes(scope)) return undefined
  const why =
    scope === 'kind'
      ? 'all actions of a kind are approved at low and medium risk only, and never where every action is asked about'
      : 'this action cannot be known again to the letter: it depends on where it stands, is too long or has a secret in it'
  return noEffect('args.remember', `args.remember: ${why}; leave it out to approve once.`)
}

/** Why nothing can be forgotten of that approval, or of all of them for null; undefined where something can be. */
export function forgetRefused({ remembered }: Conversation, approval: EventId | null): ErrorFrame | undefined {
  if (approval === null ? remembered.length > 0 : remembered.some(({ id }) => id === approval)) return undefined
  const what = approval === null ? 'nothing is remembered' : `nothing is remembered of an approval ${approval}`
  return noEffect('args.approval', `args.approval: ${what}; it is asked about already.`)
}
