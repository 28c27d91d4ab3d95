import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import type { ModelMessage, ToolSpec } from '../core/ports.ts'
import { endpointOf } from './endpoint.ts'
import { loadLanguageModel, optionsFor } from './language-model.ts'
import { addressOf } from './names.ts'
import { PromptWriter } from './prompt.ts'
import { withSentHistory } from './sent-history.ts'

const session = SessionId.parse('0123456789abcdef0123456789abcdef')
const tools: readonly ToolSpec[] = [{ name: 'a', description: 'A.', parameters: { type: 'object', properties: {} } }]
const png = Buffer.alloc(64)
png.writeUInt32BE(0x89504e47, 0)
png.writeUInt32BE(10, 16)
png.writeUInt32BE(20, 20)
const opening: ModelMessage = { role: 'system', text: 'You are an agent.' }

function user(text: string): ModelMessage {
  return { role: 'user', parts: [{ type: 'text', text }] }
}

/** Two calls with reasoning in every form that a provider signs, then their results. */
function turn(model: string, at: number): ModelMessage[] {
  const provider = {
    anthropic: { signature: `s${at}` },
    openai: { itemId: `rs_${at}`, reasoningEncryptedContent: `sealed ${at}` },
    google: { thoughtSignature: `t${at}` },
  }
  const calls = ['x', 'y'].map(each => ({ id: `${each}${at}`, name: 'a', arguments: `{"at": ${at}, "ü":"„é“ 😀"}` }))
  const results = calls.map(({ id }, nth) => ({
    callId: id,
    name: 'a',
    output: `out ${at} \\ "€"`,
    isError: nth === 1,
  }))
  return [
    { role: 'assistant', text: at % 2 ? `I do ${at}.` : '', reasoning: [{ model, text: 'Hm.', provider }], calls },
    { role: 'tool', results },
    ...(at % 3 === 0 ? [user(`And ${at}?`)] : []),
  ]
}

/** A history that grows, is asked twice, is condensed, gets an image, grows again, and is told otherwise. */
function histories(model: string): ModelMessage[][] {
  const image: ModelMessage = {
    role: 'user',
    parts: [
      { type: 'text', text: 'Look' },
      { type: 'image', url: `data:image/png;base64,${png.toString('base64')}` },
    ],
  }
  const turns = Array.from({ length: 8 }, (_, at) => turn(model, at))
  const start = [opening, user('Go “there”')]
  const grown = turns.map((_, at) => [...start, ...turns.slice(0, at).flat()])
  const condensed = [...start, user('[3 events were left out]'), ...turns.slice(5).flat()]
  const last = [...condensed, image]
  const again = [...last, ...turn(model, 8), { role: 'system', text: 'Mind the time.' } as const]
  const otherwise = grown
    .slice(3)
    .map(messages => [{ role: 'system', text: 'You are “it”.' } as const, ...messages.slice(1)])
  return [
    ...grown,
    ...grown.slice(-1),
    condensed,
    last,
    again,
    ...grown.slice(2, 4),
    last,
    ...grown.slice(2, 4),
    ...otherwise,
  ]
}

const failing = new Error('not sent')
/** The beginning of an answer of Anthropic's, whose library waits for one; the others wait for nothing. */
const message = { id: 'm', model: 'm', usage: { input_tokens: 1, output_tokens: 1 } }
const answer = `data: ${JSON.stringify({ type: 'message_start', message })}\n\n`

/** The bodies that one model sends for the histories: of a model that remembers them, or of a new one each time. */
async function bodies(name: string, remembers: boolean, answers: boolean): Promise<string[]> {
  const endpoint = endpointOf(addressOf(name), 'sk-0123456789')
  const sent: (string | Uint8Array)[] = []
  const fetch: typeof globalThis.fetch = async (_, init) => {
    const body = init?.body as string | Uint8Array // what the libraries and we send
    // One that is not answered may still be on its way: nothing of it may change.
    sent.push(answers ? textOf(body) : body)
    if (!answers) throw failing
    return new Response(answer, { headers: { 'content-type': 'text/event-stream' } })
  }
  const { dialect } = endpoint.address
  const reader = { name: endpoint.address.name, dialect, acceptsImages: true }
  let writer = new PromptWriter(reader)
  let model = await loadLanguageModel(endpoint, fetch)
  for (const messages of histories(endpoint.address.name)) {
    if (!remembers) {
      writer = new PromptWriter(reader)
      model = await loadLanguageModel(endpoint, fetch)
    }
    const options = { ...writer.write({ messages, tools }), providerOptions: optionsFor(endpoint, session) }
    const asked = Promise.resolve(model.doStream(options))
    if (!answers) await assert.rejects(asked, /not sent/)
    else await (await asked).stream.cancel()
  }
  return sent.map(textOf)
}

function textOf(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString()
}

const spoken = [
  'anthropic/claude-sonnet-4-5',
  'openai/gpt-5',
  'openai/gpt-4o',
  'google/gemini-2.5-pro',
  'google/gemini-3-pro-preview',
  'google/gemma-3-27b-it',
  'deepseek/deepseek-chat',
]
for (const name of spoken) {
  test(`[P19] ${name}: what was sent before is sent again to the byte`, async () => {
    const anew = await bodies(name, false, true)
    assert.equal(anew.length, histories(name).length)
    for (const body of anew) JSON.parse(body)
    assert.deepEqual(await bodies(name, true, true), anew)
    assert.deepEqual(await bodies(name, true, false), anew)
  })
}

test('[P19] of a history that was sent only what is new is shown to the library', async () => {
  const shown: number[] = []
  const sent: string[] = []
  const below: typeof globalThis.fetch = async (_, init) => {
    sent.push(Buffer.from(init?.body as Uint8Array).toString())
    return new Response()
  }
  const model = withSentHistory('chat', below, fetch => ({
    specificationVersion: 'v4',
    provider: 'test',
    modelId: 'test',
    supportedUrls: {},
    doGenerate: () => Promise.reject(failing),
    doStream: async ({ prompt }) => {
      shown.push(prompt.length)
      const messages = prompt.map(({ role, content }) => {
        return {
          role,
          content: typeof content === 'string' ? content : content.map(part => 'text' in part && part.text).join(),
        }
      })
      await fetch('http://127.0.0.1/', { body: JSON.stringify({ messages, model: 'test' }) })
      return { stream: new ReadableStream() }
    },
  }))
  const writer = new PromptWriter({ name: 'x/y', dialect: 'chat', acceptsImages: true })
  const messages: ModelMessage[] = [opening]
  for (const at of [1, 2, 3]) {
    messages.push(user(`q${at}`))
    await model.doStream(writer.write({ messages, tools: [] }))
  }
  assert.deepEqual(shown, [4, 4, 4]) // the system's text, two marks and what is new
  const contents = JSON.parse(sent.at(-1) ?? '').messages.map((each: { content: string }) => each.content)
  assert.deepEqual(contents, ['You are an agent.', 'q1', 'q2', 'q3'])
})
