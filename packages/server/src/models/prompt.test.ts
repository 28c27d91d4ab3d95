import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelMessage, ToolSpec } from '../core/ports.ts'
import { clean, cleanArguments } from './clean-text.ts'
import { signedCall } from './convert.ts'
import { imagePart, imagesDropped } from './images.ts'
import { PromptWriter } from './prompt.ts'
import { SurrogateJoiner } from './surrogate-joiner.ts'

const chat = { name: 'openai-compatible/m', dialect: 'chat', acceptsImages: true } as const
const claude = { name: 'anthropic/c', dialect: 'anthropic', acceptsImages: true } as const
const gemini = { name: 'google/g', dialect: 'google', acceptsImages: true } as const
const tools: readonly ToolSpec[] = ['a', 'b'].map(name => ({ name, description: name, parameters: { type: 'object' } }))
const png = Buffer.alloc(64)
png.writeUInt32BE(0x89504e47, 0)
png.writeUInt32BE(10, 16)
png.writeUInt32BE(20, 20)
const image = `data:image/png;base64,${png.toString('base64')}`

function user(text: string): ModelMessage {
  return { role: 'user', parts: [{ type: 'text', text }] }
}

function called(id: string, args = '{}'): ModelMessage {
  return { role: 'assistant', text: '', reasoning: [], calls: [{ id, name: 'a', arguments: args }] }
}

function result(id: string): ModelMessage {
  return { role: 'tool', results: [{ callId: id, name: 'a', output: 'ok', isError: false }] }
}

test('[P19] an unchanged history is converted once: the same messages give the very same objects', () => {
  const writer = new PromptWriter(chat)
  const messages = [user('Hi'), called('1'), result('1')]
  const first = writer.write({ messages, tools })
  const second = writer.write({ messages: [...messages, user('More')], tools })
  for (const at of [0, 1, 2]) assert.equal(first.prompt[at], second.prompt[at])
  assert.equal(first.tools, second.tools)
})

test('[P20] Anthropic is given four cache marks: system, last tool, and the last two messages of the user’s side', () => {
  const messages: ModelMessage[] = [
    { role: 'system', text: 'S' },
    user('1'),
    called('1'),
    result('1'),
    called('2'),
    result('2'),
  ]
  const { prompt, tools: sent } = new PromptWriter(claude).write({ messages, tools })
  const marked = prompt.map(message => message.providerOptions?.anthropic !== undefined)
  assert.deepEqual(marked, [true, false, false, true, false, true])
  assert.deepEqual(
    sent?.map(each => 'providerOptions' in each),
    [false, true],
  )
  const others = new PromptWriter(chat).write({ messages, tools })
  assert.ok(others.prompt.every(message => message.providerOptions === undefined))
})

test('[P41] reasoning is shown to the model that wrote it and to no other', () => {
  const provider = { anthropic: { signature: 'S' } }
  const reasoning = [
    { model: 'anthropic/c', text: 'mine', provider },
    { model: 'anthropic/c', text: 'unsigned' },
    { model: 'google/g', text: 'foreign', provider: { google: { thoughtSignature: 'x' } } },
  ]
  const messages: ModelMessage[] = [user('1'), { role: 'assistant', text: 'T', reasoning, calls: [] }, user('2')]
  assert.deepEqual(new PromptWriter(claude).write({ messages, tools }).prompt[1]?.content, [
    { type: 'reasoning', text: 'mine', providerOptions: provider },
    { type: 'text', text: 'T' },
  ])
  assert.deepEqual(new PromptWriter(chat).write({ messages, tools }).prompt[1]?.content, [{ type: 'text', text: 'T' }])
})

test('[P41] what Google signs a call with comes back with that call, and only to the same model', () => {
  const signature = { google: { thoughtSignature: 'sig' } }
  const reasoning = [signedCall('google/g', '1', signature)]
  const messages: ModelMessage[] = [
    user('1'),
    { role: 'assistant', text: '', reasoning, calls: [{ id: '1', name: 'a', arguments: '{}' }] },
    result('1'),
  ]
  const parts = (name: string): unknown =>
    new PromptWriter({ ...gemini, name }).write({ messages, tools }).prompt[1]?.content
  const call = { type: 'tool-call', toolCallId: '1', toolName: 'a', input: {} }
  assert.deepEqual(parts('google/g'), [{ ...call, providerOptions: signature }])
  assert.deepEqual(parts('google/other'), [call])
})

test('[P16] text is well-formed and without NUL, and untouched where nothing is wrong with it', () => {
  assert.equal(clean('a\ud83d\0b'), 'a\ufffdb')
  assert.equal(clean('😀 fine'), '😀 fine')
})

test('[P16] arguments keep the model’s own spelling where they can, and are an object in any case', () => {
  assert.deepEqual(cleanArguments('{ "a" : 1 }'), { text: '{ "a" : 1 }', object: { a: 1 } })
  assert.deepEqual(cleanArguments('{"a":"\\ud83d\\ude00"}'), { object: { a: '😀' } })
  assert.deepEqual(cleanArguments('{"a":["\\ud83d","\\u0000b"]}'), { object: { a: ['\ufffd', 'b'] } })
  assert.deepEqual(cleanArguments('[1]'), { object: { invalid_arguments: '[1]' } })
  assert.deepEqual(cleanArguments('{"a":'), { object: { invalid_arguments: '{"a":' } })
  assert.deepEqual(cleanArguments(''), { object: {} })
})

test('[P16] a character cut in two by the stream is whole again', () => {
  const joiner = new SurrogateJoiner()
  assert.deepEqual(
    ['a\ud83d', '\ude00b', '\udc00', 'c\ud800'].map(delta => joiner.join(delta)),
    ['a', '😀b', '\ufffd', 'c'],
  )
  assert.equal(joiner.rest(), '\ufffd')
})

test('[P16] images that a provider would refuse become notes', () => {
  const big = Buffer.from(png)
  big.writeUInt32BE(9000, 16)
  const note = (url: string, accepts = true): string => {
    const part = imagePart(url, accepts)
    return part.type === 'text' ? part.text : part.mediaType
  }
  assert.equal(note(image), 'image/png')
  assert.equal(note(image.replace('image/png', 'image/jpeg')), 'image/png')
  assert.match(note(image, false), /takes no images/)
  assert.match(note(`data:image/png;base64,${big.toString('base64')}`), /9000×20/)
  assert.match(note(`data:image/jpeg;base64,${'A'.repeat(8_000_000)}`), /6\.0 MB/)
  assert.match(note('data:image/png;base64,AAAA'), /cannot be read/)
  assert.match(note('https://elsewhere.example/x.png'), /no PNG/)
})

test('[P16] of sixty images the newest are sent, and which ones changes every tenth image only', () => {
  assert.deepEqual([20, 21, 30, 31, 60].map(imagesDropped), [0, 10, 10, 20, 40])
  const messages = Array.from(
    { length: 60 },
    (): ModelMessage => ({ role: 'user', parts: [{ type: 'image', url: image }] }),
  )
  const { prompt } = new PromptWriter(chat).write({ messages, tools })
  const kinds = prompt.map(message => (Array.isArray(message.content) ? message.content[0]?.type : ''))
  assert.deepEqual(kinds, [...Array.from({ length: 40 }, () => 'text'), ...Array.from({ length: 20 }, () => 'file')])
})

test('[P01] a conversation begins and ends with the user’s side, blank messages are left out, a late system text is the user’s', () => {
  const messages: ModelMessage[] = [
    { role: 'system', text: 'A' },
    { role: 'system', text: 'B' },
    { role: 'assistant', text: 'Hello', reasoning: [], calls: [] },
    user('  '),
    { role: 'system', text: 'C' },
    { role: 'assistant', text: 'Bye', reasoning: [], calls: [] },
  ]
  const { prompt } = new PromptWriter(claude).write({ messages, tools: [] })
  assert.deepEqual(
    prompt.map(message => message.role),
    ['system', 'user', 'assistant', 'user', 'assistant', 'user'],
  )
  assert.equal(prompt[0]?.content, 'A\n\nB')
})

test('[P09] a request without tools still describes those that its history calls, and forbids them', () => {
  const { tools: sent, toolChoice } = new PromptWriter(claude).write({
    messages: [user('1'), called('1'), result('1')],
    tools: [],
  })
  assert.deepEqual([sent?.map(each => each.name), toolChoice], [['a'], { type: 'none' }])
})
