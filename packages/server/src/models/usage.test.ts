import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LanguageModelV4Usage } from '@ai-sdk/provider'
import { costOf } from './cost.ts'
import { isUnknown, statedCost, tokensOf } from './usage.ts'

function chat(raw: Record<string, number>, cached?: number): LanguageModelV4Usage {
  return {
    inputTokens: { total: raw.prompt_tokens, noCache: undefined, cacheRead: cached, cacheWrite: undefined },
    outputTokens: { total: raw.completion_tokens, text: undefined, reasoning: undefined },
    raw,
  }
}

test('[P20] cached tokens count once, whether the provider has them inside the prompt’s or beside', () => {
  const both = { completion_tokens: 50, cache_read_input_tokens: 600, cache_creation_input_tokens: 100 }
  const expected = { prompt_tokens: 1000, completion_tokens: 50, cache_read_tokens: 600, cache_write_tokens: 100 }
  assert.deepEqual(tokensOf(chat({ prompt_tokens: 1000, total_tokens: 1050, ...both })), expected)
  assert.deepEqual(tokensOf(chat({ prompt_tokens: 300, total_tokens: 350, ...both })), expected)
  assert.deepEqual(tokensOf(chat({ prompt_tokens: 800, total_tokens: 1550, ...both })).prompt_tokens, 1500)
  assert.deepEqual(
    tokensOf(chat({ prompt_tokens: 1000, completion_tokens: 5, prompt_cache_hit_tokens: 900 })).cache_read_tokens,
    900,
  )
  assert.deepEqual(tokensOf(chat({ prompt_tokens: 1000, completion_tokens: 5 }, 400)).cache_read_tokens, 400)
})

test('[P20] a cost is what the prices say, and unknown without them', () => {
  const tokens = { prompt_tokens: 1000, completion_tokens: 50, cache_read_tokens: 600, cache_write_tokens: 100 }
  const price = { input: 10, output: 20, cacheRead: 1, cacheWrite: 12.5 }
  assert.equal(costOf(tokens, price), (300 * 10 + 600 * 1 + 100 * 12.5 + 50 * 20) / 1e6)
  assert.equal(costOf(tokens, undefined), null)
})

test('[P20] what a router states as cost is believed; numbers that are none are not', () => {
  assert.equal(statedCost(chat({ cost: 0.25 })), 0.25)
  assert.equal(statedCost(chat({ cost: Number.NaN })), undefined)
  assert.equal(isUnknown(chat({})), true)
  assert.equal(isUnknown(chat({ prompt_tokens: 1 })), false)
})
