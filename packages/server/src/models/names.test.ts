import assert from 'node:assert/strict'
import { test } from 'node:test'
import { factsOf } from './facts.ts'
import { addressOf, readBaseUrl, replayNamed } from './names.ts'

const url = 'http://gateway.example:9/v1'
const table: readonly [
  written: string,
  baseUrl: string | undefined,
  name: string,
  dialect: string,
  model: string,
  at: string,
][] = [
  [
    'claude-sonnet-4-5',
    undefined,
    'anthropic/claude-sonnet-4-5',
    'anthropic',
    'claude-sonnet-4-5',
    'https://api.anthropic.com/v1',
  ],
  [
    'Claude-Sonnet-4-5',
    undefined,
    'anthropic/claude-sonnet-4-5',
    'anthropic',
    'claude-sonnet-4-5',
    'https://api.anthropic.com/v1',
  ],
  [
    'anthropic/claude-x',
    'https://proxy.example/',
    'anthropic/claude-x',
    'anthropic',
    'claude-x',
    'https://proxy.example/v1',
  ],
  ['gpt-4o', undefined, 'openai/gpt-4o', 'responses', 'gpt-4o', 'https://api.openai.com/v1'],
  ['o3', undefined, 'openai/o3', 'responses', 'o3', 'https://api.openai.com/v1'],
  ['o4-mini', undefined, 'openai/o4-mini', 'responses', 'o4-mini', 'https://api.openai.com/v1'],
  [
    'chatgpt-4o-latest',
    undefined,
    'openai/chatgpt-4o-latest',
    'responses',
    'chatgpt-4o-latest',
    'https://api.openai.com/v1',
  ],
  ['openai/gpt-4o', url, 'openai/gpt-4o', 'chat', 'gpt-4o', url],
  ['openai/Qwen/Qwen3', url, 'openai/Qwen/Qwen3', 'chat', 'Qwen/Qwen3', url],
  ['openai/gpt-4o', 'https://api.openai.com/v1/', 'openai/gpt-4o', 'responses', 'gpt-4o', 'https://api.openai.com/v1'],
  ['openai-responses/gpt-5', url, 'openai-responses/gpt-5', 'responses', 'gpt-5', url],
  [
    'gemini-2.5-pro',
    undefined,
    'google/gemini-2.5-pro',
    'google',
    'gemini-2.5-pro',
    'https://generativelanguage.googleapis.com/v1beta',
  ],
  [
    'gemini/gemini-2.5-pro',
    undefined,
    'google/gemini-2.5-pro',
    'google',
    'gemini-2.5-pro',
    'https://generativelanguage.googleapis.com/v1beta',
  ],
  ['OLLAMA/qwen3:8b', undefined, 'ollama/qwen3:8b', 'chat', 'qwen3:8b', 'http://127.0.0.1:11434/v1'],
  ['ollama_chat/qwen3', 'http://box:1/v1', 'ollama/qwen3', 'chat', 'qwen3', 'http://box:1/v1'],
  ['lm_studio/a', undefined, 'lm_studio/a', 'chat', 'a', 'http://127.0.0.1:1234/v1'],
  ['hosted_vllm/Org/Model', undefined, 'vllm/Org/Model', 'chat', 'Org/Model', 'http://127.0.0.1:8000/v1'],
  ['litellm/gpt-4o', undefined, 'litellm_proxy/gpt-4o', 'chat', 'gpt-4o', 'http://127.0.0.1:4000/v1'],
  [
    'openrouter/anthropic/claude-3.5-sonnet',
    undefined,
    'openrouter/anthropic/claude-3.5-sonnet',
    'chat',
    'anthropic/claude-3.5-sonnet',
    'https://openrouter.ai/api/v1',
  ],
  ['openai-compatible/mine', url, 'openai-compatible/mine', 'chat', 'mine', url],
  ['MyModel-7B', url, 'openai-compatible/MyModel-7B', 'chat', 'MyModel-7B', url],
  ['Qwen/Qwen3-32B', url, 'openai-compatible/Qwen/Qwen3-32B', 'chat', 'Qwen/Qwen3-32B', url],
  ['bedrock/claude', url, 'openai-compatible/bedrock/claude', 'chat', 'bedrock/claude', url],
]

for (const [written, baseUrl, name, dialect, model, at] of table) {
  test(`[wire A6.3] the name "${written}"${baseUrl ? ` at ${baseUrl}` : ''} is understood`, () => {
    const address = addressOf(written, baseUrl)
    assert.deepEqual([address.name, address.dialect, address.model, address.baseUrl], [name, dialect, model, at])
  })
}

const wrong: readonly [written: string, baseUrl: string | undefined, words: RegExp][] = [
  ['cluade-sonnet-4-5', undefined, /^LLM_MODEL: .* Did you mean "claude-sonnet-4-5"\?/],
  ['antropic/claude-x', undefined, /^LLM_MODEL: .* Did you mean "anthropic\/claude-x"\?/],
  ['llama3', undefined, /^LLM_MODEL: .* ollama\/…, .* LLM_BASE_URL/],
  ['', undefined, /^LLM_MODEL/],
  ['anthropic/', undefined, /^LLM_MODEL: no model/],
  ['openai-compatible/mine', undefined, /^LLM_BASE_URL is missing/],
  ['bedrock/claude', undefined, /^LLM_MODEL: .*litellm_proxy\/bedrock\/claude/],
  ['gpt-4o', 'gateway:9', /^LLM_BASE_URL: "gateway:9" is not an http or https address/],
  ['gpt-4o', 'file:///etc/passwd', /^LLM_BASE_URL/],
]

for (const [written, baseUrl, words] of wrong) {
  test(`[P26] the name "${written}"${baseUrl ? ` at ${baseUrl}` : ''} is refused with the field and what would be right`, () => {
    assert.throws(() => addressOf(written, baseUrl), { kind: 'configuration', message: words })
  })
}

test('[P26] an address is freed of what is pasted along with it', () => {
  assert.equal(readBaseUrl('http://Host:1/v1/chat/completions/'), 'http://host:1/v1')
  assert.equal(readBaseUrl('https://host///'), 'https://host')
  assert.equal(readBaseUrl('https://me:secret@host/v1?x=1#y'), 'https://me:secret@host/v1')
})

test('[replay] a recording is named after replay/, the demonstration is replay alone', () => {
  assert.deepEqual(replayNamed('Replay'), { recording: undefined })
  assert.deepEqual(replayNamed('replay/a/b.jsonl'), { recording: 'a/b.jsonl' })
  assert.equal(replayNamed('replayed'), undefined)
})

test('[P40] a declared window, price and limit win over the table', () => {
  const declared = {
    contextTokens: 8000,
    maxOutputTokens: 100,
    acceptsImages: false,
    inputCostPerToken: 1e-6,
    outputCostPerToken: 2e-6,
  }
  const facts = factsOf(addressOf('gemini-2.5-pro'), declared)
  assert.deepEqual(facts, {
    contextTokens: 8000,
    acceptsImages: false,
    maxOutputTokens: 100,
    price: { input: 1, cacheRead: 1, cacheWrite: 1, output: 2 },
  })
})

test('[P20] a price is known for a model and its dated names, and unknown for its successors and local models', () => {
  const price = (name: string): number | undefined => factsOf(addressOf(name)).price?.input
  assert.equal(price('claude-sonnet-4-5-20250929'), 3)
  assert.equal(price('claude-3-5-sonnet-latest'), 3)
  assert.equal(price('gpt-4o-2024-08-06'), 2.5)
  assert.equal(price('openrouter/openai/gpt-4o-mini'), 0.15)
  assert.equal(price('gpt-5.9'), undefined)
  assert.equal(price('claude-sonnet-9'), undefined)
  assert.equal(price('ollama/gpt-4o'), undefined)
})

test('[P40] windows and images of well-known families, and careful guesses for the others', () => {
  const facts = (name: string): [number, boolean] => {
    const { contextTokens, acceptsImages } = factsOf(addressOf(name))
    return [contextTokens, acceptsImages]
  }
  assert.deepEqual(facts('claude-opus-9'), [200_000, true])
  assert.deepEqual(facts('o3-mini'), [200_000, false])
  assert.deepEqual(facts('ollama/qwen3'), [32_768, false])
  assert.deepEqual(facts('ollama/qwen2.5-vl'), [32_768, true])
  assert.deepEqual(facts('groq/whatever'), [128_000, false])
})
