import type { Conversation } from '@openhands/protocol'

/** US dollars that were spent of those that may be, since somebody last asked for more. */
export interface Budget {
  readonly used: number
  readonly limit: number
  /** Between 0 and 1. */
  readonly share: number
}

/** How the session stands to its budget, its own or else the server's; undefined where there is none. */
export function budgetOf(
  { settings, costSinceAsked }: Pick<Conversation, 'settings' | 'costSinceAsked'>,
  byServer: number | undefined,
): Budget | undefined {
  const limit = settings.max_budget ?? byServer
  if (limit === undefined) return undefined
  return { used: costSinceAsked, limit, share: shareOf(costSinceAsked, limit) }
}

/** A part of a whole between 0 and 1; 0 of nothing. */
export function shareOf(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0
}
