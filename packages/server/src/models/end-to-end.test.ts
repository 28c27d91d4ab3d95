import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import type { Clock, Model, ModelChunk, ModelMessage, ModelRequest, ToolSpec } from '../core/ports.ts'
import * as script from '../testing/scripted-model/script.ts'
import { startScriptedModel } from '../testing/scripted-model/server.ts'
import { createModels, type ModelsOptions } from './catalogue.ts'

const session = SessionId.parse('0123456789abcdef0123456789abcdef')
const tools: readonly ToolSpec[] = [
  {
    name: 'execute_bash',
    description: 'Runs a command.',
    parameters: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
  },
]
const spoken = {
  anthropic: 'anthropic/claude-sonnet-4-5',
  chat: 'openai-compatible/scripted',
  responses: 'openai-responses/gpt-5',
  google: 'google/gemini-2.5-pro',
} as const
type Spoken = keyof typeof spoken
const dialects = ['anthropic', 'chat', 'responses', 'google'] as const

/** What Google says to a wrong key. */
const googleKeyError = {
  error: {
    code: 400,
    message: 'API key not valid. Please pass a valid API key.',
    status: 'INVALID_ARGUMENT',
    details: [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
    ],
  },
}

/** A clock on which waiting takes no time. */
class JumpClock implements Clock {
  time = Date.parse('2026-01-01T00:00:00Z')
  readonly slept: number[] = []
  now(): Date {
    return new Date(this.time)
  }
  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.slept.push(milliseconds)
    this.time += milliseconds
  }
}

type World = Awaited<ReturnType<typeof startScriptedModel>>

function modelAt(
  server: World,
  dialect: Spoken,
  more: Partial<ModelsOptions> = {},
  name: string = spoken[dialect],
): Model {
  const defaults = { model: name, baseUrl: server.baseUrl(dialect), apiKey: 'sk-canary-0123456789' }
  return createModels({ defaults, clock: new JumpClock(), random: () => 0, ...more }).resolve({})
}

function ask(...words: string[]): ModelRequest {
  const messages: ModelMessage[] = [
    { role: 'system', text: 'You are an agent.' },
    ...words.map((text): ModelMessage => ({ role: 'user', parts: [{ type: 'text', text }] })),
  ]
  return { session, messages, tools }
}

async function collect(
  model: Model,
  request: ModelRequest,
  signal = new AbortController().signal,
): Promise<ModelChunk[]> {
  return Array.fromAsync(model.stream(request, signal))
}

/** What is left of an answer when voided tries are gone: the trail that an agent sees. */
function said(chunks: readonly ModelChunk[]): {
  text: string
  reasoning: string
  calls: string[]
  last: ModelChunk | undefined
} {
  const valid = chunks.slice(chunks.findLastIndex(chunk => chunk.type === 'restart') + 1)
  return {
    text: valid.map(chunk => (chunk.type === 'text' ? chunk.delta : '')).join(''),
    reasoning: valid.map(chunk => (chunk.type === 'reasoning' ? chunk.delta : '')).join(''),
    calls: valid.flatMap(chunk => (chunk.type === 'tool-call' ? [`${chunk.call.name} ${chunk.call.arguments}`] : [])),
    last: valid.at(-1),
  }
}

/** The history after an answer whose calls were all carried out. */
function answered(request: ModelRequest, chunks: readonly ModelChunk[]): ModelRequest {
  const calls = chunks.flatMap(chunk => (chunk.type === 'tool-call' ? [chunk.call] : []))
  const reasoning = chunks.flatMap(chunk => (chunk.type === 'reasoning-end' ? [chunk.reasoning] : []))
  const results = calls.map(call => ({ callId: call.id, name: call.name, output: 'done', isError: false }))
  const answer: ModelMessage = { role: 'assistant', text: said(chunks).text, reasoning, calls }
  const next: ModelMessage[] = results.length > 0 ? [{ role: 'tool', results }] : []
  return { ...request, messages: [...request.messages, answer, ...next] }
}

for (const dialect of dialects) {
  test(`[P41] ${dialect}: text, reasoning, calls and their results go there and back, and nothing is refused`, async () => {
    await using server = await startScriptedModel({
      script: [
        script.thinking('Hm, let me see.', script.tool('execute_bash', { command: 'ls' }, { text: 'I look. ' })),
        script.tools([
          { name: 'execute_bash', args: { command: 'a' } },
          { name: 'execute_bash', args: { command: 'b' } },
        ]),
        script.text('All done.'),
      ],
    })
    const model = modelAt(server, dialect)
    let request = ask('List the files.')
    const first = await collect(model, request)
    assert.deepEqual(said(first).calls, ['execute_bash {"command":"ls"}'])
    assert.equal(said(first).text, 'I look. ')
    assert.ok(first.some(chunk => chunk.type === 'reasoning-end'))
    request = answered(request, first)
    const second = await collect(model, request)
    assert.deepEqual(said(second).calls, ['execute_bash {"command":"a"}', 'execute_bash {"command":"b"}'])
    const third = await collect(model, answered(request, second))
    assert.equal(said(third).text, 'All done.')
    const finish = third.at(-1)
    assert.ok(finish?.type === 'finish')
    assert.equal(finish.reason, 'stop')
    assert.equal(finish.metrics.model, spoken[dialect])
    assert.ok(finish.metrics.response_id.length > 4)
    assert.deepEqual(server.refusals(), [])
  })

  test(`[P41] ${dialect}: reasoning that only its provider can read goes back as it came`, async () => {
    const call = script.tool('execute_bash', { command: 'ls' })
    await using server = await startScriptedModel({
      script: [script.thinking('Hidden.', call, { redacted: true }), script.text('Done.')],
    })
    const model = modelAt(server, dialect)
    const request = ask('Go')
    await collect(model, answered(request, await collect(model, request)))
    assert.deepEqual(server.refusals(), [])
  })

  test(`[P20] ${dialect}: prompt tokens are all tokens, the cached among them`, async () => {
    const usage = { input: 1000, cached: 600, cacheWrite: dialect === 'anthropic' ? 100 : 0, output: 50 }
    await using server = await startScriptedModel({ script: [script.withUsage(usage, script.text('Hi.'))] })
    const declared = { inputCostPerToken: 1e-6, outputCostPerToken: 2e-6 }
    const finish = (await collect(modelAt(server, dialect, { declared }), ask('Hi'))).at(-1)
    assert.ok(finish?.type === 'finish')
    const { prompt_tokens, completion_tokens, cache_read_tokens, cache_write_tokens, cost } = finish.metrics
    assert.deepEqual([prompt_tokens, completion_tokens, cache_read_tokens], [1000, 50, 600])
    assert.equal(cache_write_tokens, usage.cacheWrite)
    assert.equal(cost?.toFixed(9), '0.001100000')
  })

  test(`[P24] ${dialect}: cut anywhere, an answer is asked for again, whole, not doubled, and no half call comes through`, async () => {
    const reply = script.tool('execute_bash', { command: 'echo '.repeat(60) }, { text: 'I print it. '.repeat(20) })
    await using whole = await startScriptedModel({ script: [reply] })
    const expected = said(await collect(modelAt(whole, dialect), ask('Go')))
    for (const after of [0, 1, 150, 700, 1500, 2500]) {
      await using server = await startScriptedModel({
        script: [script.cut(after, reply), script.cut(after, reply), reply],
      })
      const chunks = await collect(modelAt(server, dialect), ask('Go'))
      const { last: _, ...trail } = said(chunks)
      assert.deepEqual(trail, { text: expected.text, reasoning: '', calls: expected.calls }, `cut after ${after} bytes`)
      const firstCall = chunks.findIndex(chunk => chunk.type === 'tool-call')
      assert.ok(firstCall > chunks.findLastIndex(chunk => chunk.type === 'restart' || chunk.type === 'retry'))
      assert.equal(chunks.filter(chunk => chunk.type === 'tool-call').length, 1)
      assert.deepEqual(server.refusals(), [])
    }
  })

  test(`[P24] ${dialect}: an error in the middle of the stream is tried again`, async () => {
    const failure = { status: 529, message: 'Overloaded', type: 'overloaded_error', code: 'server_error' }
    await using server = await startScriptedModel({
      script: [script.sseError(script.text('One two three'), failure, 1), script.text('One two three')],
    })
    const chunks = await collect(modelAt(server, dialect), ask('Go'))
    assert.equal(said(chunks).text, 'One two three')
    assert.ok(chunks.some(chunk => chunk.type === 'retry' && chunk.retry.kind === 'overloaded'))
  })

  test(`[P24] ${dialect}: an answer that ends without its end mark counts only where it says that it is finished`, async () => {
    const reply = script.tool('execute_bash', { command: 'ls' }, { text: 'One two three' })
    await using server = await startScriptedModel({ script: [script.noDone(reply), reply] })
    const chunks = await collect(modelAt(server, dialect), ask('Go'))
    assert.equal(said(chunks).text, 'One two three')
    assert.equal(chunks.filter(chunk => chunk.type === 'tool-call').length, 1)
    assert.equal(server.requests.length, dialect === 'chat' ? 1 : 2)
  })

  test(`[P16] ${dialect}: halves of characters, NUL and unparsable arguments are sent in a form that is taken`, async () => {
    await using server = await startScriptedModel({ script: () => script.text('Fine.') })
    const poison = 'a\ud83d b\0c \udc00'
    const calls = [
      { id: 'x/1:é', name: 'execute_bash', arguments: '{"command":"\\ud83d \\u0000 \\udc00 ok"}' },
      { id: 'b', name: 'no such tool!', arguments: 'not json' },
      { id: 'c', name: 'execute_bash', arguments: '[1]' },
      { id: 'd', name: 'execute_bash', arguments: '' },
      { id: 'e', name: 'execute_bash', arguments: '{"__proto__":{"a":"\ud800"},"command":"x"}' },
      { id: 'f'.repeat(80), name: 'execute_bash', arguments: '{ "command" : "spaced" }' },
    ]
    const results = calls.map(call => ({ callId: call.id, name: call.name, output: poison, isError: call.id === 'b' }))
    const request = ask(poison, '  ')
    const messages: ModelMessage[] = [
      ...request.messages,
      { role: 'assistant', text: poison, reasoning: [{ model: 'other/model', text: 'secret thought' }], calls },
      { role: 'tool', results },
      { role: 'assistant', text: ' \n', reasoning: [], calls: [] },
      { role: 'system', text: 'A late note.' },
    ]
    await collect(modelAt(server, dialect), { ...request, messages })
    await collect(modelAt(server, dialect), { session, messages, tools: [] })
    assert.deepEqual(server.refusals(), [])
    const body = JSON.stringify(server.requests[0]?.body)
    assert.ok(!body.includes('secret thought') && !body.includes('\\u0000'))
  })

  test(`[P26] ${dialect}: a wrong key and a wrong model stop at once, say which it is, and do not show the key`, async () => {
    const refused = script.http(400, {}, googleKeyError)
    await using server = await startScriptedModel(
      dialect === 'google' ? { script: [refused] } : { script: [], apiKey: 'right' },
    )
    await assert.rejects(collect(modelAt(server, dialect), ask('Hi')), (error: Error & { kind?: string }) => {
      assert.equal(error.kind, 'auth')
      assert.match(error.message, /Check LLM_API_KEY/)
      assert.doesNotMatch(error.message, /canary/)
      return true
    })
    await using open = await startScriptedModel({ script: [], models: ['other'] })
    await assert.rejects(collect(modelAt(open, dialect), ask('Hi')), { kind: 'not_found', message: /Check LLM_MODEL/ })
    assert.equal(server.requests.length + open.requests.length, 2)
  })

  test(`[P09] ${dialect}: a prompt over the context is told apart from other refusals`, async () => {
    await using server = await startScriptedModel({ script: [], contextLimit: 100 })
    await assert.rejects(collect(modelAt(server, dialect), ask('word '.repeat(1000))), { kind: 'context_overflow' })
  })
}

test('[P41] a conversation that changes its model at every turn is never refused', async () => {
  await using server = await startScriptedModel({
    script: request =>
      script.thinking(`thought ${request.turn}`, script.tool('execute_bash', { command: `step ${request.turn}` })),
  })
  let request = ask('Work.')
  const names = dialects.flatMap((dialect): [Spoken, string][] => [
    [dialect, spoken[dialect]],
    [dialect, `${spoken[dialect]}-b`],
  ])
  for (let turn = 0; turn < 24; turn++) {
    const [dialect, name] = names[(turn * 5) % names.length] ?? ['chat', spoken.chat]
    request = answered(request, await collect(modelAt(server, dialect, {}, name), request))
  }
  assert.deepEqual(server.refusals(), [])
  assert.equal(server.requests.length, 24)
  assert.equal(request.messages.filter(message => message.role === 'assistant').length, 24)
})

test('[P22] a server that counts its calls anew in every answer gets ids that stay apart', async () => {
  await using server = await startScriptedModel({
    script: () => script.rawToolCall('execute_bash', '{"command":"x"}', 'call_0'),
  })
  const model = modelAt(server, 'chat')
  let request = ask('Work.')
  for (let turn = 0; turn < 3; turn++) request = answered(request, await collect(model, request))
  assert.deepEqual(server.refusals(), [])
})

test('[P12] a stop ends a wait at once', async () => {
  await using server = await startScriptedModel({ script: () => script.http(429, { 'retry-after': '600' }) })
  const stop = new AbortController()
  const clock: Clock = {
    now: () => new Date(0),
    sleep: (_, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }
  const chunks: ModelChunk[] = []
  const reading = (async () => {
    for await (const chunk of modelAt(server, 'chat', { clock }).stream(ask('Hi'), stop.signal)) {
      chunks.push(chunk)
      if (chunk.type === 'retry') queueMicrotask(() => stop.abort(new Error('stopped')))
    }
  })()
  await assert.rejects(reading, /stopped/)
  assert.equal(server.requests.length, 1)
  assert.equal(chunks.at(-1)?.type, 'retry')
})

test('[P07] a stop in the middle of an answer ends the request at the provider', async () => {
  await using server = await startScriptedModel({ script: [script.stall(900, script.text('word '.repeat(200)))] })
  const stop = new AbortController()
  const reading = (async () => {
    for await (const chunk of modelAt(server, 'anthropic').stream(ask('Hi'), stop.signal)) {
      if (chunk.type === 'text') stop.abort(new Error('stopped'))
    }
  })()
  await assert.rejects(reading, /stopped/)
  await server.requests[0]?.closed
  assert.equal(server.requests[0]?.outcome.kind, 'aborted')
})
