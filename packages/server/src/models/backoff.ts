/** How often a request is sent at most. */
export const mostTries = 6
/** A provider that asks for more than this is taken to say no: milliseconds. */
export const longestWait = 15 * 60_000

const firstWait = 1000
const longestBackoff = 60_000

/**
 * Milliseconds to wait after so many failures: what the provider asks for and up to a tenth more, otherwise twice as
 * long each time from one second up to a minute, of which up to a quarter is left to chance.
 */
export function waitAfter(failures: number, retryAfterMs: number | undefined, random: () => number): number {
  if (retryAfterMs !== undefined) return Math.ceil(retryAfterMs * (1 + random() * 0.1))
  const full = Math.min(longestBackoff, firstWait * 2 ** (failures - 1))
  return Math.ceil(full * (0.75 + random() * 0.25))
}
