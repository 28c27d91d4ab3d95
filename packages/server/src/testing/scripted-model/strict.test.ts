import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { isObject } from './json.ts'
import type { DialectName } from './request.ts'
import { text, thinking } from './script.ts'
import { type ScriptedModel, startScriptedModel } from './server.ts'
import { type RuleName, strictRules } from './strict.ts'

type Body = Record<string, unknown>

/** A request that breaks one rule: a changed body, headers, path, or raw bytes. */
interface Crime {
  readonly body?: Body
  readonly bytes?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Record<string, string>
  readonly path?: string
  /** The status, where it is not 400. */
  readonly status?: number
  readonly says?: RegExp
}

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const heavyPng = Buffer.concat([Buffer.from(png, 'base64'), Buffer.alloc(6000)]).toString('base64')
const widePng = widened(9000)
const hugePng = widened(20_000)
const words = 'word '.repeat(20_000)

function widened(width: number): string {
  const bytes = Buffer.from(png, 'base64')
  bytes.writeUInt32BE(width, 16)
  return bytes.toString('base64')
}

const paths: Readonly<Record<DialectName, string>> = {
  anthropic: '/v1/messages',
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  google: '/v1beta/models/gemini-2.5-pro:generateContent',
}

const keyHeaders: Readonly<Record<DialectName, Record<string, string>>> = {
  anthropic: { 'x-api-key': 'sk-right', 'anthropic-version': '2023-06-01' },
  chat: { authorization: 'Bearer sk-right' },
  responses: { authorization: 'Bearer sk-right' },
  google: { 'x-goog-api-key': 'sk-right' },
}

const schema = { type: 'object', properties: { command: { type: 'string' } } }

// Anthropic
const use = (id: string, more: Body = {}): Body => ({ type: 'tool_use', id, name: 'run', input: {}, ...more })
const result = (id: string): Body => ({ type: 'tool_result', tool_use_id: id, content: 'ok' })
const says = (words: string): Body => ({ type: 'text', text: words })
const picture = (data: string, media_type = 'image/png'): Body => ({
  type: 'image',
  source: { type: 'base64', media_type, data },
})
const user = (...content: Body[]): Body => ({ role: 'user', content })
const model = (...content: Body[]): Body => ({ role: 'assistant', content })
const claude = (...messages: Body[]): Body => ({
  model: 'claude-sonnet-4-5',
  max_tokens: 1000,
  messages,
  tools: [{ name: 'run', input_schema: schema }],
})
const claudeOk = claude(
  user(says('hi'), picture(png)),
  model(says('so'), use('toolu_1'), use('toolu_2')),
  user(result('toolu_2'), result('toolu_1'), says('go on')),
)
const marked = { ...says('x'), cache_control: { type: 'ephemeral' } }

// Chat Completions
const call = (id: string, more: Body = {}): Body => ({
  id,
  type: 'function',
  function: { name: 'run', arguments: '{}', ...more },
})
const calls = (...tool_calls: Body[]): Body => ({ role: 'assistant', content: null, tool_calls })
const answer = (tool_call_id: string): Body => ({ role: 'tool', tool_call_id, content: 'ok' })
const ask: Body = { role: 'user', content: 'hi' }
const url = (data: string, type = 'image/png'): Body => ({
  type: 'image_url',
  image_url: { url: `data:${type};base64,${data}` },
})
const gpt = (...messages: Body[]): Body => ({
  model: 'gpt-4o',
  messages,
  tools: [{ type: 'function', function: { name: 'run', parameters: schema } }],
})
const gptOk = gpt(
  { role: 'system', content: 'Be brief.' },
  user(says('hi'), url(png)),
  calls(call('call_1', { arguments: 'no json' }), call('call_2')),
  answer('call_2'),
  answer('call_1'),
  ask,
)
const chatTool = (more: Body): Body => ({
  ...gpt(ask),
  tools: [{ type: 'function', function: { name: 'run', parameters: schema, ...more } }],
})

// Responses
const fn = (call_id: string, more: Body = {}): Body => ({
  type: 'function_call',
  call_id,
  name: 'run',
  arguments: '{}',
  ...more,
})
const out = (call_id: string): Body => ({ type: 'function_call_output', call_id, output: 'ok' })
const says5: Body = { role: 'assistant', content: [{ type: 'output_text', text: 'so' }] }
const asks5 = (...content: Body[]): Body => ({ role: 'user', content })
const input5: Body = asks5({ type: 'input_text', text: 'hi' })
const image5 = (data: string, type = 'image/png'): Body => ({
  type: 'input_image',
  image_url: `data:${type};base64,${data}`,
})
const gpt5 = (...input: Body[]): Body => ({
  model: 'gpt-5',
  input,
  tools: [{ type: 'function', name: 'run', parameters: schema }],
})
const gpt5Ok = gpt5(input5, asks5(image5(png)), fn('call_1'), fn('call_2'), out('call_2'), out('call_1'), says5, input5)
const tool5 = (more: Body): Body => ({
  ...gpt5(input5),
  tools: [{ type: 'function', name: 'run', parameters: schema, ...more }],
})
const forged: Body = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'forged' }

// Gemini
const gCall = (args: unknown = {}): Body => ({ functionCall: { name: 'run', args } })
const gResult: Body = { functionResponse: { name: 'run', response: { content: 'ok' } } }
const turn = (role: string, ...parts: Body[]): Body => ({ role, parts })
const gHi = turn('user', { text: 'hi' })
const inline = (data: string, mimeType = 'image/png'): Body => ({ inlineData: { mimeType, data } })
const gemini = (...contents: Body[]): Body => ({
  contents,
  tools: [{ functionDeclarations: [{ name: 'run', description: '', parametersJsonSchema: schema }] }],
})
const geminiOk = gemini(
  turn('user', { text: 'hi' }, inline(png)),
  turn('model', gCall(), gCall()),
  turn('user', gResult, gResult),
)
const gTool = (...declarations: Body[]): Body => ({ ...gemini(gHi), tools: [{ functionDeclarations: declarations }] })

const good: Readonly<Record<DialectName, Body>> = {
  anthropic: claudeOk,
  chat: gptOk,
  responses: gpt5Ok,
  google: geminiOk,
}

const crimes: Readonly<Partial<Record<RuleName, Partial<Record<DialectName, readonly Crime[]>>>>> = {
  parameter: {
    anthropic: [
      { body: { ...claudeOk, seed: 1 } },
      { body: { ...claudeOk, context_management: {} } },
      { body: claude({ ...user(says('x')), name: 'me' }) },
    ],
    chat: [{ body: { ...gptOk, top_k: 1 } }, { body: gpt({ ...ask, foo: 1 }) }],
    responses: [{ body: { ...gpt5Ok, messages: [] } }],
    google: [{ body: { ...geminiOk, messages: [] } }],
  },
  'max-tokens': {
    anthropic: [
      { body: { ...claudeOk, max_tokens: undefined } },
      { body: { ...claudeOk, max_tokens: 0 } },
      { body: { ...claudeOk, thinking: { type: 'enabled', budget_tokens: 1024 } } },
    ],
    chat: [{ body: { ...gptOk, model: 'gpt-5', max_tokens: 10 } }],
    responses: [{ body: { ...gpt5Ok, max_output_tokens: 5 } }],
  },
  sampling: {
    anthropic: [
      { body: { ...claudeOk, temperature: 1.5 } },
      { body: { ...claudeOk, max_tokens: 5000, temperature: 0.5, thinking: { type: 'enabled', budget_tokens: 1024 } } },
    ],
    chat: [{ body: { ...gptOk, temperature: 3 } }, { body: { ...gptOk, model: 'gpt-5', temperature: 0 } }],
    responses: [{ body: { ...gpt5Ok, temperature: 0 } }],
  },
  'stream-options': { chat: [{ body: { ...gptOk, stream_options: { include_usage: true } } }] },
  include: { responses: [{ body: { ...gpt5Ok, include: ['everything'] } }] },
  'no-messages': {
    anthropic: [{ body: claude() }, { body: { ...claudeOk, messages: undefined } }],
    chat: [{ body: gpt() }, { body: { ...gptOk, messages: undefined } }],
    responses: [{ body: gpt5() }, { body: { ...gpt5Ok, input: '' } }],
    google: [{ body: gemini() }],
  },
  role: {
    anthropic: [{ body: claude({ role: 'tool', content: 'x' }) }, { body: claude({ role: 'system', content: 'x' }) }],
    chat: [{ body: gpt({ role: 'model', content: 'x' }) }],
    responses: [{ body: gpt5({ role: 'tool', content: 'x' }) }, { body: gpt5({ type: 'tool_use' }) }],
    google: [{ body: gemini(turn('assistant', { text: 'x' })) }],
  },
  content: {
    anthropic: [
      { body: claude({ role: 'user', content: null }) },
      { body: claude(user({ type: 'input_text', text: 'x' })) },
      { body: claude(user(use('toolu_1'))) },
      { body: claude(user({ type: 'text' })) },
    ],
    chat: [
      { body: gpt({ role: 'user', content: null }) },
      { body: gpt(user({ type: 'input_text', text: 'x' })) },
      {
        body: gpt(ask, calls(call('call_1')), { role: 'tool', tool_call_id: 'call_1', content: [url(png)] }),
        says: /Image URLs are only/,
      },
      { body: gpt(ask, { role: 'assistant', content: '', tool_calls: [] }) },
    ],
    responses: [
      { body: gpt5({ role: 'user', content: [says('x')] }) },
      { body: gpt5(input5, { ...says5, content: [{ type: 'input_text', text: 'x' }] }) },
    ],
    google: [{ body: gemini(turn('user')) }, { body: gemini(turn('user', { words: 'x' })) }],
  },
  'first-message': {
    anthropic: [{ body: claude(model(says('x'))) }],
    google: [{ body: gemini(turn('model', gCall()), turn('user', gResult)) }],
  },
  'empty-text': {
    anthropic: [
      { body: claude(user(says(''))) },
      { body: claude(user(says(' \n'))) },
      { body: claude({ role: 'user', content: '' }) },
      { body: claude(user(says('x')), model(), user(says('y'))) },
      { body: claude(user(says('x')), model(says('\n')), user(says('y'))) },
      { body: { ...claudeOk, system: [says('')] } },
      { body: claude(user(says('x')), model(use('toolu_1')), user({ ...result('toolu_1'), content: [says('')] })) },
      {
        body: claude(
          user(says('x')),
          model(use('toolu_1')),
          user({ ...result('toolu_1'), content: '', is_error: true }),
        ),
      },
    ],
  },
  'trailing-space': {
    anthropic: [
      { body: claude(user(says('x')), model(says('so '))) },
      { body: claude(user(says('x')), { role: 'assistant', content: ' ' }) },
    ],
  },
  'call-id': {
    anthropic: [
      { body: claude(user(says('x')), model(use('call:1')), user(result('call:1'))) },
      { body: claude(user(says('x')), model(use('')), user(result(''))) },
    ],
    chat: [
      { body: gpt(ask, calls(call('')), answer('')) },
      { body: gpt(ask, calls(call('x'.repeat(41))), answer('x'.repeat(41))) },
    ],
    responses: [
      { body: gpt5(input5, fn(''), out('')) },
      { body: gpt5(input5, fn('x'.repeat(65)), out('x'.repeat(65))) },
    ],
  },
  'tool-input': {
    anthropic: [{ body: claude(user(says('x')), model(use('toolu_1', { input: '{}' })), user(result('toolu_1'))) }],
    chat: [{ body: gpt(ask, calls(call('call_1', { arguments: {} })), answer('call_1')) }],
    responses: [{ body: gpt5(input5, fn('call_1', { arguments: {} }), out('call_1')) }],
    google: [{ body: gemini(gHi, turn('model', gCall('{}')), turn('user', gResult)) }],
  },
  'duplicate-call': {
    anthropic: [
      {
        body: claude(
          user(says('x')),
          model(use('toolu_1')),
          user(result('toolu_1')),
          model(use('toolu_1')),
          user(result('toolu_1')),
        ),
      },
    ],
    chat: [{ body: gpt(ask, calls(call('call_1'), call('call_1')), answer('call_1')) }],
    responses: [{ body: gpt5(input5, fn('call_1'), out('call_1'), fn('call_1'), out('call_1')) }],
  },
  'result-not-first': {
    anthropic: [{ body: claude(user(says('x')), model(use('toolu_1')), user(says('wait'), result('toolu_1'))) }],
  },
  'call-without-result': {
    anthropic: [
      {
        body: claude(user(says('x')), model(use('toolu_1'), use('toolu_2')), user(result('toolu_1'))),
        says: /toolu_2/,
      },
      { body: claude(user(says('x')), model(use('toolu_1')), user(says('y')), user(result('toolu_1'))) },
      { body: claude(user(says('x')), model(use('toolu_1'))) },
    ],
    chat: [
      { body: gpt(ask, calls(call('call_1'), call('call_2')), answer('call_1')), says: /call_2/ },
      { body: gpt(ask, calls(call('call_1')), ask, answer('call_1')) },
    ],
    responses: [
      { body: gpt5(input5, fn('call_1'), input5), says: /call_1/ },
      { body: gpt5(input5, out('call_1'), fn('call_1')) },
    ],
    google: [
      { body: gemini(gHi, turn('model', gCall(), gCall()), turn('user', gResult)) },
      { body: gemini(gHi, turn('model', gCall()), gHi) },
    ],
  },
  'result-without-call': {
    anthropic: [{ body: claude(user(says('x')), model(says('y')), user(result('toolu_1'))), says: /toolu_1/ }],
    chat: [
      { body: gpt(ask, answer('call_1')) },
      { body: gpt(ask, calls(call('call_1')), answer('call_1'), answer('call_9')), says: /call_9/ },
    ],
    responses: [{ body: gpt5(input5, out('call_1')), says: /call_1/ }],
    google: [{ body: gemini(gHi, turn('user', gResult)) }],
  },
  'duplicate-result': {
    anthropic: [{ body: claude(user(says('x')), model(use('toolu_1')), user(result('toolu_1'), result('toolu_1'))) }],
    chat: [{ body: gpt(ask, calls(call('call_1')), answer('call_1'), answer('call_1')) }],
    responses: [{ body: gpt5(input5, fn('call_1'), out('call_1'), out('call_1')) }],
  },
  tools: {
    anthropic: [
      { body: { ...claudeOk, tools: undefined } },
      { body: { ...claude(user(says('x'))), tools: [], tool_choice: { type: 'auto' } } },
    ],
    chat: [{ body: { ...gptOk, tools: [] } }, { body: { ...gptOk, tools: undefined, tool_choice: 'auto' } }],
  },
  'tool-name': {
    anthropic: [
      { body: { ...claudeOk, tools: [{ name: 'a.b', input_schema: schema }] } },
      { body: { ...claudeOk, tools: [{ name: 'a'.repeat(129), input_schema: schema }] } },
    ],
    chat: [{ body: chatTool({ name: 'a b' }) }, { body: chatTool({ name: 'a'.repeat(65) }) }],
    responses: [{ body: tool5({ name: '' }) }, { body: tool5({ name: 'a'.repeat(65) }) }],
    google: [{ body: gTool({ name: '1a', parametersJsonSchema: schema }) }],
  },
  'tool-schema': {
    anthropic: [
      { body: { ...claudeOk, tools: [{ name: 'run' }] } },
      { body: { ...claudeOk, tools: [{ name: 'run', input_schema: { properties: {} } }] } },
    ],
    chat: [
      { body: chatTool({ parameters: { type: 'string' } }) },
      { body: chatTool({ parameters: { anyOf: [schema] } }) },
    ],
    responses: [{ body: tool5({ parameters: { type: 'array' } }) }],
    google: [{ body: gTool({ name: 'run', parametersJsonSchema: { type: 'string' } }) }],
  },
  'duplicate-tool': {
    anthropic: [
      {
        body: {
          ...claudeOk,
          tools: [
            { name: 'run', input_schema: schema },
            { name: 'run', input_schema: schema },
          ],
        },
      },
    ],
    google: [{ body: gTool({ name: 'run' }, { name: 'run' }) }],
  },
  'tools-unsupported': { chat: [{ body: { ...gptOk, model: 'toolless' } }] },
  'cache-marks': {
    anthropic: [{ body: { ...claude(user(marked, marked, marked)), system: [marked, marked] }, says: /Found 5/ }],
  },
  'item-id': {
    responses: [
      { body: gpt5(input5, { type: 'item_reference', id: 'msg_404' }, input5), status: 404 },
      { body: gpt5(input5, fn('call_1', { id: 'toolu_1' }), out('call_1')) },
      { body: { ...gpt5Ok, previous_response_id: 'resp_1' } },
    ],
  },
  'reasoning-order': { responses: [{ body: gpt5(input5, forged, input5) }, { body: gpt5(input5, forged) }] },
  'foreign-reasoning': {
    anthropic: [
      {
        body: claude(
          user(says('x')),
          model({ type: 'thinking', thinking: 'hm', signature: 'forged' }, says('y')),
          user(says('z')),
        ),
      },
      {
        body: claude(user(says('x')), model({ type: 'redacted_thinking', data: 'forged' }, says('y')), user(says('z'))),
      },
    ],
    chat: [{ body: gpt(ask, { role: 'assistant', content: 'y', reasoning_content: 'hm' }, ask) }],
    responses: [{ body: gpt5(input5, forged, says5) }],
    google: [{ body: gemini(gHi, turn('model', { text: 'y', thoughtSignature: 'forged' }), gHi) }],
  },
  image: {
    anthropic: [{ body: claude(user(picture('AAAA'))) }, { body: claude(user(picture(png, 'image/jpeg'))) }],
    chat: [{ body: gpt(user(url('AAAA'))) }],
    responses: [{ body: gpt5(asks5(image5(png, 'image/jpeg'))) }],
    google: [{ body: gemini(turn('user', inline('AAAA'))) }],
  },
  'image-limit': {
    anthropic: [
      { body: claude(user(picture(heavyPng))), says: /6070 bytes > 5000 bytes/ },
      { body: claude(user(picture(widePng))), says: /8000 pixels/ },
      {
        body: claude(
          user(says('x')),
          model(use('toolu_1')),
          user({ ...result('toolu_1'), content: [picture(heavyPng)] }),
        ),
      },
      { body: claude(user(...Array.from({ length: 101 }, () => picture(png)))) },
    ],
    chat: [{ body: gpt(user(url(heavyPng))) }, { body: gpt(user(url(hugePng))) }],
    responses: [{ body: gpt5(asks5(image5(heavyPng))) }],
    google: [{ body: gemini(turn('user', inline(heavyPng))) }],
  },
  'context-limit': {
    anthropic: [{ body: claude(user(says(words))), says: /prompt is too long: \d+ tokens > 20000 maximum/ }],
    chat: [{ body: gpt({ role: 'user', content: words }), says: /maximum context length is 20000 tokens/ }],
    responses: [{ body: gpt5(asks5({ type: 'input_text', text: words })), says: /exceeds the context window/ }],
    google: [
      { body: gemini(turn('user', { text: words })), says: /exceeds the maximum number of tokens allowed \(20000\)/ },
    ],
  },
}

/** What is wrong at the door is wrong in the same way for everybody. */
function doorCrimes(rule: RuleName, dialect: DialectName): readonly Crime[] {
  const body = good[dialect]
  const json = JSON.stringify(body)
  const isGoogle = dialect === 'google'
  switch (rule) {
    case 'path':
      return [{ path: paths[dialect].replace(/\/v1(beta)?/, ''), status: 404 }]
    case 'api-key': {
      const [name = ''] = Object.keys(keyHeaders[dialect])
      const wrong = dialect === 'chat' || dialect === 'responses' ? 'Bearer sk-wrong' : 'sk-wrong'
      return [
        { headers: { [name]: wrong }, status: isGoogle ? 400 : 401, says: /key/i },
        { headers: { [name]: '' }, status: isGoogle ? 400 : 401, says: /key/i },
      ]
    }
    case 'version':
      return [{ headers: { 'anthropic-version': '' }, says: /anthropic-version/ }]
    case 'content-type':
      return [{ headers: { 'content-type': 'text/plain' } }]
    case 'body-size':
      return [{ bytes: new Uint8Array(32 * 1024 * 1024 + 1).fill(32), status: 413 }]
    case 'utf-8':
      return [{ bytes: Buffer.concat([Buffer.from(json.slice(0, -1)), Buffer.from(',"x":"\xff"}', 'latin1')]) }]
    case 'json':
      return [{ bytes: json.slice(1) }, { bytes: '[]' }, { bytes: '' }]
    case 'unicode':
      return ['\\ud83d', '\\ude00', '\\ud83d\\ud83d\\ude00', '\\ud83dx\\ude00', '\\\\\\ud83d'].map(bad => ({
        bytes: json.replace('"hi"', `"${bad}"`),
      }))
    case 'model': {
      if (isGoogle) return [{ path: paths.google.replace('gemini-2.5-pro', 'gemini-9'), status: 404, says: /gemini-9/ }]
      const status = dialect === 'responses' ? 400 : 404
      return [
        { body: { ...body, model: 'no-such-model' }, status, says: /no-such-model/ },
        { body: { ...body, model: undefined } },
      ]
    }
    default:
      return []
  }
}

function crimesOf(rule: RuleName, dialect: DialectName): readonly Crime[] {
  return strictRules[rule].by === 'door' ? doorCrimes(rule, dialect) : (crimes[rule]?.[dialect] ?? [])
}

interface Told {
  readonly status: number
  readonly body: unknown
}

async function send(server: ScriptedModel, dialect: DialectName, crime: Crime): Promise<Told> {
  const headers = { 'content-type': 'application/json', ...keyHeaders[dialect], ...crime.headers }
  const kept = Object.entries(headers).filter(([name, value]) => value !== '' || name !== 'anthropic-version')
  const body = crime.bytes ?? JSON.stringify(crime.body ?? good[dialect])
  const url = server.url + (crime.path ?? paths[dialect])
  const response = await fetch(url, { method: 'POST', headers: Object.fromEntries(kept), body })
  return { status: response.status, body: await response.json() }
}

/** The message of an error, after a look at whether it has the provider's shape. */
function messageIn(dialect: DialectName, { status, body }: Told): string {
  assert.ok(isObject(body) && isObject(body['error']), JSON.stringify(body))
  const { error } = body
  const expected = {
    anthropic: ['message', 'type'],
    chat: ['code', 'message', 'param', 'type'],
    responses: ['code', 'message', 'param', 'type'],
    google: ['code', 'message', 'status'],
  }[dialect]
  assert.deepEqual(Object.keys(error).sort(), expected)
  if (dialect === 'anthropic') assert.equal(body['type'], 'error')
  if (dialect === 'google') assert.equal(error['code'], status)
  return String(error['message'])
}

suite('[P01] strictness', () => {
  let server: ScriptedModel
  before(async () => {
    server = await startScriptedModel({
      script: () => text('ok'),
      apiKey: 'sk-right',
      models: ['claude-sonnet-4-5', 'claude-opus-4-5', 'gpt-4o', 'gpt-5', 'toolless', 'gemini-2.5-pro'],
      contextLimit: 20_000,
      imageLimit: 5000,
      takesTools: model => model !== 'toolless',
      keepBodies: 1,
    })
  })
  after(() => server[Symbol.asyncDispose]())

  for (const dialect of ['anthropic', 'chat', 'responses', 'google'] as const) {
    test(`${dialect}: a request that breaks no rule is served`, async () => {
      const seen = server.refusals().length
      const told = await send(server, dialect, {})
      assert.equal(told.status, 200, JSON.stringify(told.body))
      assert.equal(server.refusals().length, seen)
    })

    for (const [rule, { on, says: sentence }] of Object.entries(strictRules)) {
      if (!on.some(each => each === dialect)) continue
      // Object.entries widens the keys of the table to string.
      const name = rule as RuleName
      test(`${dialect}: ${rule}: ${sentence}`, async () => {
        const cases = crimesOf(name, dialect)
        assert.ok(cases.length > 0, 'a rule without a case proves nothing')
        for (const crime of cases) {
          const told = await send(server, dialect, crime)
          assert.equal(told.status, crime.status ?? 400, JSON.stringify(told.body))
          // Who misses every path is answered in the dialect of the headers, or of OpenAI.
          const spoken = name === 'path' && dialect !== 'anthropic' ? 'chat' : dialect
          assert.match(messageIn(spoken, told), crime.says ?? /./)
          const { outcome } = server.requests.at(-1) ?? assert.fail()
          assert.deepEqual([outcome.kind, outcome.kind === 'refused' && outcome.rule], ['refused', name])
          assert.match(server.refusals().at(-1) ?? '', new RegExp(`${name}: `))
        }
      })
    }
  }

  test('[P16] paired and merely quoted surrogates are no reason to refuse', async () => {
    for (const fine of ['\\ud83d\\ude00', '\\\\ud83d', 'x\\u00e9']) {
      const bytes = JSON.stringify(gptOk).replace('"hi"', `"${fine}"`)
      assert.equal((await send(server, 'chat', { bytes })).status, 200, fine)
    }
  })

  test('[P41] reasoning is taken back by the model that said it and refused by any other', async () => {
    await using speaker = await startScriptedModel({ script: () => thinking('hm', text('so')) })
    const first = await send(speaker, 'anthropic', { body: claude(user(says('x'))) })
    assert.ok(isObject(first.body) && Array.isArray(first.body['content']))
    const back = claude(user(says('x')), { role: 'assistant', content: first.body['content'] }, user(says('y')))
    assert.equal((await send(speaker, 'anthropic', { body: back })).status, 200)
    assert.equal((await send(speaker, 'anthropic', { body: { ...back, model: 'claude-opus-4-5' } })).status, 400)
    const heard = gpt(ask, { role: 'assistant', content: 'so', reasoning_content: 'hm' }, ask)
    assert.equal((await send(speaker, 'chat', { body: heard })).status, 400)
    assert.equal((await send(speaker, 'chat', { body: gpt(ask) })).status, 200)
    assert.equal((await send(speaker, 'chat', { body: heard })).status, 200)
    assert.equal((await send(speaker, 'chat', { body: { ...heard, model: 'gpt-4.1' } })).status, 400)
  })

  test('[P41] a stored item without the reasoning that led to it is refused', async () => {
    await using speaker = await startScriptedModel({ script: () => thinking('hm', text('so')) })
    const first = await send(speaker, 'responses', { body: gpt5(input5) })
    assert.ok(isObject(first.body) && Array.isArray(first.body['output']))
    const [reasoning, message] = first.body['output'].map((item: Body) => ({ type: 'item_reference', id: item['id'] }))
    assert.ok(reasoning && message)
    assert.equal((await send(speaker, 'responses', { body: gpt5(input5, reasoning, message, input5) })).status, 200)
    assert.equal((await send(speaker, 'responses', { body: gpt5(input5, message, input5) })).status, 400)
    assert.match(speaker.refusals()[0] ?? '', /reasoning-order/)
    const other = { ...gpt5(input5, reasoning, message, input5), model: 'o3' }
    assert.equal((await send(speaker, 'responses', { body: other })).status, 400)
    assert.match(speaker.refusals()[1] ?? '', /foreign-reasoning/)
  })
})
