import type { LlmMetrics } from '@openhands/protocol'
import type { Price } from './facts.ts'

/** Counts of tokens; `prompt_tokens` is the whole input, cached or not. */
export type Tokens = Pick<
  LlmMetrics,
  'prompt_tokens' | 'completion_tokens' | 'cache_read_tokens' | 'cache_write_tokens'
>

/** What these tokens cost in US dollars; null when the price is not known. */
export function costOf(tokens: Tokens, price: Price | undefined): number | null {
  if (!price) return null
  const uncached = Math.max(0, tokens.prompt_tokens - tokens.cache_read_tokens - tokens.cache_write_tokens)
  const dollars =
    uncached * price.input +
    tokens.cache_read_tokens * price.cacheRead +
    tokens.cache_write_tokens * price.cacheWrite +
    tokens.completion_tokens * price.output
  return dollars / 1e6
}
