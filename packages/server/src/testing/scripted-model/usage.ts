/** What one answer cost in tokens; `input` is the whole prompt, cached or not, whatever the dialect's convention is. */
export interface Usage {
  readonly input: number
  readonly cached: number
  readonly cacheWrite: number
  readonly output: number
  readonly reasoning: number
}

/** Prices in US dollars per million tokens; reasoning is billed as output. */
export interface Pricing {
  readonly input: number
  readonly cached: number
  readonly cacheWrite: number
  readonly output: number
}

/** The rough rule that every estimate here uses: four bytes are one token. */
export function tokensOf(bytes: number): number {
  return Math.ceil(bytes / 4)
}

/** The price of an answer in US dollars, for a hand ledger. */
export function costOf(usage: Usage, pricing: Pricing): number {
  const plain = usage.input - usage.cached - usage.cacheWrite
  const dollars =
    plain * pricing.input +
    usage.cached * pricing.cached +
    usage.cacheWrite * pricing.cacheWrite +
    usage.output * pricing.output
  return dollars / 1_000_000
}
