import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import type { DialectName } from './request.ts'
import { empty, type Reply, rawToolCall, text, thinking, tool, tools, withUsage } from './script.ts'
import { type ScriptedModel, startScriptedModel } from './server.ts'

interface Provider {
  readonly name: string
  readonly dialect: DialectName
  /** What the SDK calls its own metadata. */
  readonly reads: boolean
  model(server: ScriptedModel, id?: string): LanguageModelV4
  readonly options?: LanguageModelV4CallOptions['providerOptions']
}

const apiKey = 'sk-scripted-0001'

const providers: readonly Provider[] = [
  {
    name: 'anthropic',
    dialect: 'anthropic',
    reads: true,
    model: (server, id = 'claude-sonnet-4-5') => createAnthropic({ apiKey, baseURL: server.baseUrl('anthropic') })(id),
    options: { anthropic: { thinking: { type: 'enabled', budgetTokens: 2000 } } },
  },
  {
    name: 'openai chat',
    dialect: 'chat',
    reads: false,
    model: (server, id = 'gpt-4o') => createOpenAI({ apiKey, baseURL: server.baseUrl('chat') }).chat(id),
  },
  {
    name: 'openai responses, nothing stored',
    dialect: 'responses',
    reads: true,
    model: (server, id = 'gpt-5') => createOpenAI({ apiKey, baseURL: server.baseUrl('responses') }).responses(id),
    options: { openai: { store: false, reasoningSummary: 'auto', include: ['reasoning.encrypted_content'] } },
  },
  {
    name: 'openai responses, stored',
    dialect: 'responses',
    reads: true,
    model: (server, id = 'gpt-5') => createOpenAI({ apiKey, baseURL: server.baseUrl('responses') }).responses(id),
    options: { openai: { store: true, reasoningSummary: 'auto' } },
  },
  {
    name: 'openai-compatible',
    dialect: 'chat',
    reads: true,
    model: (server, id = 'qwen3') =>
      createOpenAICompatible({ name: 'local', apiKey, baseURL: server.baseUrl('chat'), includeUsage: true })(id),
  },
  {
    name: 'google',
    dialect: 'google',
    reads: true,
    model: (server, id = 'gemini-2.5-pro') => createGoogle({ apiKey, baseURL: server.baseUrl('google') })(id),
  },
]

const runTool: LanguageModelV4FunctionTool = {
  type: 'function',
  name: 'run',
  description: 'Runs a command.',
  inputSchema: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
}

interface Heard {
  text: string
  reasoning: string
  calls: { id: string; name: string; input: string }[]
  content: LanguageModelV4Content[]
  usage: LanguageModelV4Usage | undefined
  finish: string
}

/** Collects a stream, and with it the content as a client would store it: the last metadata of a part wins. */
class Ear {
  readonly heard: Heard = { text: '', reasoning: '', calls: [], content: [], usage: undefined, finish: '' }
  readonly #open = new Map<
    string,
    { type: 'text' | 'reasoning'; text: string; providerMetadata?: SharedV4ProviderMetadata }
  >()

  take(part: LanguageModelV4StreamPart): void {
    if (part.type === 'text-start' || part.type === 'reasoning-start') {
      const opened = { type: part.type === 'text-start' ? ('text' as const) : ('reasoning' as const), text: '' }
      this.#open.set(part.type.split('-')[0] + part.id, opened)
      this.heard.content.push(opened)
    }
    if (part.type === 'text-delta' || part.type === 'reasoning-delta') this.#extend(part.type, part.id, part)
    if (part.type === 'text-end' || part.type === 'reasoning-end') this.#extend(part.type, part.id, part)
    if (part.type === 'tool-call') {
      this.heard.content.push(part)
      this.heard.calls.push({ id: part.toolCallId, name: part.toolName, input: part.input })
    }
    if (part.type === 'finish') Object.assign(this.heard, { usage: part.usage, finish: part.finishReason.unified })
    if (part.type === 'error') throw part.error
  }

  #extend(
    type: string,
    id: string | undefined,
    part: { delta?: string; providerMetadata?: SharedV4ProviderMetadata },
  ): void {
    const kind = type.startsWith('text') ? 'text' : 'reasoning'
    const open = this.#open.get(kind + id)
    if (!open) return
    if (part.providerMetadata) open.providerMetadata = part.providerMetadata
    open.text += part.delta ?? ''
    this.heard[kind] += part.delta ?? ''
  }
}

function callOptions(provider: Provider, prompt: LanguageModelV4Prompt): LanguageModelV4CallOptions {
  return {
    prompt,
    tools: [runTool],
    maxOutputTokens: 4096,
    ...(provider.options && { providerOptions: provider.options }),
  }
}

async function streamed(provider: Provider, server: ScriptedModel, prompt: LanguageModelV4Prompt): Promise<Heard> {
  const ear = new Ear()
  const { stream } = await provider.model(server).doStream(callOptions(provider, prompt))
  for await (const part of stream) ear.take(part)
  return ear.heard
}

async function whole(provider: Provider, server: ScriptedModel, prompt: LanguageModelV4Prompt): Promise<Heard> {
  const { content, usage, finishReason } = await provider.model(server).doGenerate(callOptions(provider, prompt))
  const heard: Heard = { text: '', reasoning: '', calls: [], content, usage, finish: finishReason.unified }
  for (const part of content) {
    if (part.type === 'text') heard.text += part.text
    if (part.type === 'reasoning') heard.reasoning += part.text
    if (part.type === 'tool-call') heard.calls.push({ id: part.toolCallId, name: part.toolName, input: part.input })
  }
  return heard
}

const hello: LanguageModelV4Prompt = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'text', text: 'Say hello.' }] },
]

type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number]

function stored(part: LanguageModelV4Content): readonly AssistantPart[] {
  const kept = 'providerMetadata' in part && part.providerMetadata ? { providerOptions: part.providerMetadata } : {}
  if (part.type === 'text' || part.type === 'reasoning') return [{ type: part.type, text: part.text, ...kept }]
  if (part.type !== 'tool-call') return []
  const { toolCallId, toolName } = part
  return [{ type: 'tool-call', toolCallId, toolName, input: JSON.parse(part.input), ...kept }]
}

/** The history with the model's answer and a result for each of its calls. */
function continued(prompt: LanguageModelV4Prompt, heard: Heard): LanguageModelV4Prompt {
  const results = heard.calls.map(call => ({
    type: 'tool-result' as const,
    toolCallId: call.id,
    toolName: call.name,
    output: { type: 'text' as const, value: `result of ${call.input}` },
  }))
  return [...prompt, { role: 'assistant', content: heard.content.flatMap(stored) }, { role: 'tool', content: results }]
}

async function serve(...script: readonly Reply[]): Promise<ScriptedModel> {
  return startScriptedModel({ script, apiKey })
}

for (const provider of providers) {
  suite(`[P41] ${provider.name}`, () => {
    for (const [way, ask] of [
      ['streamed', streamed],
      ['whole', whole],
    ] as const) {
      test(`${way}: text, in every character of it, and usage with cached tokens`, async () => {
        const words = 'Hello, wörld 🌍! '.repeat(20)
        await using server = await serve(withUsage({ input: 1000, cached: 600, output: 77 }, text(words)))
        const heard = await ask(provider, server, hello)
        assert.equal(heard.text, words)
        assert.equal(heard.finish, 'stop')
        assert.equal(heard.usage?.inputTokens.total, 1000)
        assert.equal(heard.usage?.inputTokens.cacheRead, 600)
        assert.equal(heard.usage?.inputTokens.noCache, 400)
        assert.equal(heard.usage?.outputTokens.total, 77)
        assert.deepEqual(server.refusals(), [])
        assert.equal(server.requests[0]?.dialect, provider.dialect)
      })

      test(`${way}: tool calls, one after a text and several in parallel`, async () => {
        const calls = ['a', 'b', 'c'].map(command => ({ name: 'run', args: { command } }))
        await using server = await serve(tool('run', { command: 'ls 🌍' }, { text: 'Let me look.' }), tools(calls))
        const one = await ask(provider, server, hello)
        assert.equal(one.text, 'Let me look.')
        assert.equal(one.finish, 'tool-calls')
        assert.deepEqual(
          one.calls.map(call => [call.name, JSON.parse(call.input)]),
          [['run', { command: 'ls 🌍' }]],
        )
        const three = await ask(provider, server, hello)
        assert.deepEqual(
          three.calls.map(call => JSON.parse(call.input)),
          calls.map(call => call.args),
        )
        assert.equal(new Set([...one.calls, ...three.calls].map(call => call.id)).size, 4)
        assert.deepEqual(server.refusals(), [])
      })

      test(`${way}: reasoning comes through and is counted`, async () => {
        const reply = withUsage({ output: 50, reasoning: 20 }, thinking('First I think.', text('Then I speak.')))
        await using server = await serve(reply)
        const heard = await ask(provider, server, hello)
        assert.equal(heard.reasoning, provider.reads ? 'First I think.' : '')
        assert.equal(heard.text, 'Then I speak.')
        assert.equal(heard.usage?.outputTokens.total, 50)
        assert.equal(heard.usage?.outputTokens.reasoning, 20)
      })

      test(`${way}: an empty answer and one cut short by the output limit`, async () => {
        await using server = await serve(empty(), text('Too lo', { stop: 'length' }))
        assert.equal((await ask(provider, server, hello)).text, '')
        const cutShort = await ask(provider, server, hello)
        assert.deepEqual([cutShort.text, cutShort.finish], ['Too lo', 'length'])
      })

      test(`${way}: a history of reasoning, calls and results goes back without a refusal, and the script sees it`, async () => {
        const calls = ['a', 'b'].map(command => ({ name: 'run', args: { command } }))
        const seen: unknown[] = []
        await using server = await startScriptedModel({
          apiKey,
          script: request => {
            seen.push([request.turn, request.lastUserText, request.lastResults.map(result => result.text)])
            if (request.turn === 0) return thinking('Two at once.', tools(calls, { text: 'Both.' }))
            return request.turn === 1 ? thinking('One more.', tool('run', { command: 'c' })) : text('Done.')
          },
        })
        let prompt = hello
        for (let heard = await ask(provider, server, prompt); heard.calls.length > 0; ) {
          prompt = continued(prompt, heard)
          heard = await ask(provider, server, prompt)
        }
        assert.deepEqual(server.refusals(), [])
        assert.deepEqual(seen, [
          [0, 'Say hello.', []],
          [1, 'Say hello.', ['result of {"command":"a"}', 'result of {"command":"b"}']],
          [2, 'Say hello.', ['result of {"command":"c"}']],
        ])
      })
    }

    test('a call without its result is refused in words that the SDK passes on', async () => {
      await using server = await serve(tool('run', { command: 'a' }))
      const heard = await whole(provider, server, hello)
      const prompt = continued(hello, heard).slice(0, -1)
      const asked = whole(provider, server, [...prompt, { role: 'user', content: [{ type: 'text', text: 'go on' }] }])
      await assert.rejects(asked, { statusCode: 400, message: /tool_use|tool_call|tool output|function response/ })
      assert.match(server.refusals()[0] ?? '', /call-without-result/)
    })

    test('the wrong key is named as such', async () => {
      await using server = await startScriptedModel({ script: [], apiKey: 'sk-another' })
      const status = provider.dialect === 'google' ? 400 : 401
      await assert.rejects(whole(provider, server, hello), { statusCode: status, message: /key/i })
    })
  })
}

test('[P15] malformed arguments, empty ids and repeated ids reach the client as they were scripted', async () => {
  const scripted = [
    ['{"command": "l', 'same'],
    ['{"command":1} x', 'same'],
    ['"{\\"command\\":1}"', 'again'],
  ] as const
  for (const provider of providers.filter(each => each.dialect !== 'google')) {
    await using server = await serve(...scripted.map(([words, id]) => rawToolCall('run', words, id)))
    for (const [input, id] of scripted) {
      const { calls } = await streamed(provider, server, hello)
      assert.deepEqual(calls, [{ id, name: 'run', input }], provider.name)
    }
  }
})
