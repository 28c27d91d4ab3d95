import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { SessionId } from '@openhands/protocol'
import type { Model, ModelRequest } from '../core/ports.ts'
import { systemClock } from '../lib/clock.ts'
import { createModels, type ModelSettings } from './catalogue.ts'

const key = 'sk-canary-0123456789'
const request: ModelRequest = {
  session: SessionId.parse('0'.repeat(32)),
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
  tools: [],
}

function resolve(defaults: ModelSettings, settings: ModelSettings = {}): Model {
  return createModels({ defaults, clock: systemClock, random: Math.random }).resolve(settings)
}

test('[wire A6.3] where nothing is configured the demonstration plays and says which two variables to set', () => {
  const model = resolve({}, { model: ' ', apiKey: '' })
  assert.equal(model.name, 'replay/demo')
  assert.match(model.notice ?? '', /No model is configured.*LLM_MODEL.*LLM_API_KEY/)
})

test('[P26] a missing model or key is named', () => {
  assert.throws(() => resolve({ apiKey: key }), {
    kind: 'configuration',
    message: /^LLM_MODEL is not set, only LLM_API_KEY/,
  })
  assert.throws(() => resolve({ baseUrl: 'http://a/v1' }), { kind: 'configuration', message: /^LLM_MODEL is not set/ })
  assert.throws(() => resolve({ model: 'claude-x' }), {
    kind: 'configuration',
    message: /^LLM_API_KEY is missing for anthropic/,
  })
  assert.equal(resolve({ model: 'ollama/qwen3' }).name, 'ollama/qwen3')
  assert.equal(resolve({ model: 'claude-x', baseUrl: 'http://a' }).name, 'anthropic/claude-x')
})

test('[P19] the same settings give the same model, other settings another', () => {
  const models = createModels({ defaults: { model: 'claude-x', apiKey: key }, clock: systemClock, random: Math.random })
  assert.equal(models.resolve({}), models.resolve({ model: 'anthropic/claude-x' }))
  assert.notEqual(models.resolve({}), models.resolve({ apiKey: 'other' }))
})

test('[S18] a model does not show its key', () => {
  const shown = inspect(resolve({ model: 'claude-x', apiKey: key }), { depth: 20, showHidden: true })
  assert.ok(!shown.includes(key))
})

test('[P31] a name that a page saved in lower case is the server’s own as the server writes it', () => {
  const defaults = { model: 'vllm/Qwen/Qwen3-32B' }
  assert.equal(resolve(defaults, { model: 'vllm/qwen/qwen3-32b' }).name, 'vllm/Qwen/Qwen3-32B')
})

test('[P40] what is declared is declared of the server’s own model', () => {
  const models = createModels({
    defaults: { model: 'gemini-2.5-pro', apiKey: key },
    declared: { contextTokens: 8000 },
    clock: systemClock,
    random: Math.random,
  })
  assert.equal(models.resolve({}).contextTokens, 8000)
  assert.equal(models.resolve({ model: 'gemini-2.0-flash' }).contextTokens, 1_048_576)
})

interface Sink extends AsyncDisposable {
  readonly url: string
  /** The keys that arrived. */
  readonly keys: unknown[]
}

async function listening(): Promise<Sink> {
  const keys: unknown[] = []
  const server = createServer((incoming, response) => {
    keys.push(incoming.headers.authorization ?? incoming.headers['x-api-key'])
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}')
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise(done => server.close(done))
  }
  return { url: `http://127.0.0.1:${port}/v1`, keys, [Symbol.asyncDispose]: close }
}

async function ask(model: Model): Promise<void> {
  await assert.rejects(Array.fromAsync(model.stream(request, new AbortController().signal)), { kind: 'bad_request' })
}

test('[S21] the server’s key goes to the server’s own address and to no other', async () => {
  await using own = await listening()
  await using other = await listening()
  const defaults = { model: 'openai/gpt-4o', baseUrl: own.url, apiKey: key }
  await ask(resolve(defaults))
  await ask(resolve(defaults, { model: 'anthropic/claude-x' }))
  await ask(resolve(defaults, { baseUrl: `${own.url}/` }))
  assert.deepEqual(own.keys, [`Bearer ${key}`, key, `Bearer ${key}`])
  await ask(resolve(defaults, { baseUrl: other.url }))
  await ask(resolve(defaults, { baseUrl: other.url, model: 'anthropic/claude-x' }))
  await ask(resolve({ model: 'openai/gpt-4o', apiKey: key }, { baseUrl: other.url }))
  await ask(resolve({ apiKey: key }, { baseUrl: other.url, model: 'openai/gpt-4o' }))
  await ask(resolve(defaults, { baseUrl: other.url, apiKey: 'sk-theirs' }))
  assert.deepEqual(other.keys, [undefined, undefined, undefined, undefined, 'Bearer sk-theirs'])
})

test('[S21] a session that names another provider is asked for its own key', () => {
  const defaults = { model: 'claude-x', apiKey: key }
  const message = /^LLM_API_KEY is missing for openai\/gpt-4o: the server's key is for another provider/
  assert.throws(() => resolve(defaults, { model: 'gpt-4o' }), { kind: 'configuration', message })
  assert.throws(() => resolve({ apiKey: key }, { model: 'gpt-4o' }), { kind: 'configuration', message: /^LLM_API_KEY/ })
  assert.equal(resolve(defaults, { model: 'gpt-4o', apiKey: 'sk-theirs' }).name, 'openai/gpt-4o')
  assert.equal(resolve(defaults, { model: 'claude-y' }).name, 'anthropic/claude-y')
})

test('[S13] a client names recordings by plain names only, and none where the server keeps none', () => {
  const models = createModels({ defaults: {}, recordFolder: '/recordings', clock: systemClock, random: Math.random })
  for (const name of ['replay/../../etc/passwd', 'replay//etc/passwd', 'replay/.hidden', 'replay/a/b']) {
    assert.throws(() => models.resolve({ model: name }), { kind: 'configuration', message: /plain name/ })
  }
  assert.throws(() => resolve({}, { model: 'replay/abc' }), { kind: 'configuration', message: /keeps no recordings/ })
  assert.equal(models.resolve({ model: 'replay/abc' }).name, 'replay/abc')
  assert.equal(resolve({ model: 'replay//any/file' }).name, 'replay//any/file')
})
