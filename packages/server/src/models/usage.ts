import type { LanguageModelV4Usage } from '@ai-sdk/provider'
import type { Tokens } from './cost.ts'

type Fields = Readonly<Record<string, unknown>>

/** What an answer used up, in one convention: `prompt_tokens` is the whole input, cached or not. */
export function tokensOf(usage: LanguageModelV4Usage): Tokens {
  const raw: Fields = usage.raw ?? {}
  const input = count(usage.inputTokens.total)
  const read =
    count(usage.inputTokens.cacheRead) || count(raw.prompt_cache_hit_tokens) || count(raw.cache_read_input_tokens)
  const write = count(usage.inputTokens.cacheWrite) || count(raw.cache_creation_input_tokens)
  const output = count(usage.outputTokens.total)
  const cachedBeside = isBeside(raw, input, output, read + write)
  return {
    prompt_tokens: cachedBeside ? input + read + write : input,
    completion_tokens: output,
    cache_read_tokens: read,
    cache_write_tokens: write,
  }
}

/**
 * True where `prompt_tokens` leaves out what came from a cache. OpenAI counts it inside; proxies of Anthropic that
 * copy its fields count it beside, which shows in their sum or in a cache larger than the prompt.
 */
function isBeside(raw: Fields, input: number, output: number, cached: number): boolean {
  if (cached === 0 || raw.prompt_tokens === undefined) return false
  return cached > input || count(raw.total_tokens) === input + output + cached
}

/** What the provider itself says that an answer cost in US dollars, as routers do. */
export function statedCost(usage: LanguageModelV4Usage): number | undefined {
  const cost = usage.raw?.cost
  return typeof cost === 'number' && Number.isFinite(cost) && cost >= 0 ? cost : undefined
}

/** True where the provider said nothing about what was used. */
export function isUnknown(usage: LanguageModelV4Usage): boolean {
  return usage.inputTokens.total === undefined && usage.outputTokens.total === undefined
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0
}
