import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import { ModelError, type ModelRequest } from '../core/ports.ts'
import { defaultDeadlines, systemTimers } from './deadlines.ts'
import { endpointOf } from './endpoint.ts'
import { httpFailure } from './errors.ts'
import { factsOf } from './facts.ts'
import { addressOf } from './names.ts'
import { newNetwork, providerFetch } from './provider-fetch.ts'
import { providerModel } from './provider-model.ts'

const key = 'sk-canary/+0123456789'
const request: ModelRequest = {
  session: SessionId.parse('0123456789abcdef0123456789abcdef'),
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
  tools: [],
}

async function failureAt(url: string, name = 'openai-compatible/some-model'): Promise<ModelError> {
  const address = addressOf(name, url)
  const endpoint = endpointOf(address, key)
  const network = newNetwork(defaultDeadlines, systemTimers, () => new Date(0))
  const model = providerModel({
    endpoint,
    facts: factsOf(address),
    sampling: {},
    fetch: providerFetch(endpoint, network),
  })
  try {
    await Array.fromAsync(model.stream(request, new AbortController().signal))
  } catch (error) {
    assert.ok(error instanceof ModelError)
    return error
  }
  return assert.fail('no failure')
}

interface Listening extends AsyncDisposable {
  readonly origin: string
}

async function listening(handler: RequestListener): Promise<Listening> {
  const server = createServer(handler)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  return { origin, [Symbol.asyncDispose]: close }
}

function answering(status: number, body: unknown, headers: Record<string, string> = {}): Promise<Listening> {
  const isText = typeof body === 'string'
  return listening((_, response) => {
    response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers })
    response.end(isText ? body : JSON.stringify(body))
  })
}

const wrongAnswers: readonly [string, number, unknown, string, RegExp][] = [
  [
    '401',
    401,
    { error: { message: `Bad key ${key}`, code: 'invalid_api_key' } },
    'auth',
    /"Bad key \[key\]".*LLM_API_KEY/,
  ],
  [
    '403',
    403,
    { error: { message: 'Not for you', type: 'permission_error' } },
    'auth',
    /does not let this key use some-model.*LLM_API_KEY/,
  ],
  ['402', 402, { error: { message: 'Pay first' } }, 'payment', /no credit.*"Pay first"/],
  ['a spending limit', 403, { error: { message: 'Limit', code: 'spending_limit_reached' } }, 'payment', /no credit/],
  ['no quota', 429, { error: { message: 'Quota', code: 'insufficient_quota' } }, 'payment', /no credit/],
  [
    '404 of a model',
    404,
    { error: { message: 'The model `some-model` does not exist' } },
    'not_found',
    /no model "some-model".*LLM_MODEL/,
  ],
  [
    '404 of a path',
    404,
    { detail: 'Not Found' },
    'not_found',
    /nothing at that address.*LLM_BASE_URL: such addresses usually end in \/v1/,
  ],
  ['404 as a page', 404, '<html>404</html>', 'not_found', /LLM_BASE_URL/],
  ['a page', 200, '<!doctype html><title>Shop</title>', 'configuration', /web page.*LLM_BASE_URL/],
  [
    'a parameter',
    400,
    { error: { message: 'No such thing', code: 'unsupported_parameter', param: 'temperature' } },
    'bad_request',
    /parameter "temperature" for some-model.*LLM_MODEL/,
  ],
  [
    'FastAPI',
    422,
    { detail: [{ loc: ['body', 'tools'], msg: 'field required' }] },
    'bad_request',
    /body\.tools: field required/,
  ],
  [
    'an overflow by code',
    400,
    { error: { message: 'Too much', code: 'context_length_exceeded' } },
    'context_overflow',
    /too long/,
  ],
  [
    'an overflow by words',
    400,
    { type: 'error', error: { type: 'invalid_request_error', message: 'prompt is too long: 9 tokens > 8 maximum' } },
    'context_overflow',
    /too long/,
  ],
  ['the same words from elsewhere', 403, { error: { message: 'prompt is too long' } }, 'auth', /LLM_API_KEY/],
  ['413', 413, 'large', 'context_overflow', /too long/],
  ['429', 429, { error: { message: 'Slow down' } }, 'rate_limit', /limits.*"Slow down"/],
  [
    '529',
    529,
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    'overloaded',
    /Overloaded/,
  ],
  ['503 as a page', 503, '<html>Bad gateway</html>', 'overloaded', /a web page/],
  ['no stream', 200, { choices: [] }, 'bad_response', /without streaming/],
  ['an error with status 200', 200, { error: { message: 'No', type: 'authentication_error' } }, 'auth', /LLM_API_KEY/],
]

for (const [what, status, body, kind, words] of wrongAnswers) {
  test(`[P26] the answer says what is wrong: ${what}`, async () => {
    await using server = await answering(status, body)
    const failure = await failureAt(server.origin)
    assert.equal(failure.kind, kind)
    assert.match(failure.message, words)
    assert.ok(!failure.message.includes(key) && !failure.message.includes(encodeURIComponent(key)))
  })
}

test('[P26] a refused port, an unknown host and TLS where there is none name the base URL', async () => {
  const gone = await answering(200, {})
  await gone[Symbol.asyncDispose]()
  const refused = await failureAt(`${gone.origin}/v1`)
  assert.equal(refused.kind, 'network')
  assert.match(refused.message, /refused the connection.*LLM_BASE_URL/)
  const unknown = await failureAt('http://no-such-host.invalid/v1')
  assert.equal(unknown.kind, 'network')
  assert.match(unknown.message, /no-such-host\.invalid is not found.*LLM_BASE_URL/)
  await using plain = await answering(200, {})
  const tls = await failureAt(plain.origin.replace('http:', 'https:'))
  assert.equal(tls.kind, 'configuration')
  assert.match(tls.message, /does not speak TLS.*LLM_BASE_URL: http:\/\/ instead of https:\/\//)
})

test('[S21] a redirect is not followed and the key goes nowhere else', async () => {
  const seen: unknown[] = []
  await using sink = await listening((incoming, response) => {
    seen.push(incoming.headers)
    response.end()
  })
  for (const status of [301, 302, 307, 308]) {
    await using server = await answering(
      status,
      {},
      { location: `${sink.origin}/v1/chat/completions?k=${encodeURIComponent(key)}` },
    )
    const failure = await failureAt(server.origin)
    assert.equal(failure.kind, 'configuration')
    assert.match(failure.message, /redirects to .*\?k=\[key\]/)
  }
  assert.deepEqual(seen, [])
})

test('[S18] a key is masked in every spelling', () => {
  const endpoint = endpointOf(addressOf('openai/gpt-4o', 'https://user:hunter22@gateway.example/v1'), key)
  const spellings = [key, encodeURIComponent(key), Buffer.from(key).toString('base64'), 'hunter22']
  const body = JSON.stringify({ error: { message: `You sent ${spellings.join(' and ')}.` } })
  const { message } = httpFailure(endpoint, { status: 401, headers: {}, body }, new Date(0))
  assert.match(message, /You sent \[key\] and \[key\] and \[key\] and \[key\]\./)
  assert.match(message, /^openai at https:\/\/gateway\.example\/v1 /)
})

test('[P12] the wait that a provider asks for is read from headers, as seconds, milliseconds or a date, or from Google’s body', () => {
  const endpoint = endpointOf(addressOf('gpt-4o'), key)
  const asked = (headers: Record<string, string>, body = '{}'): number | undefined =>
    httpFailure(endpoint, { status: 429, headers, body }, new Date(0)).retryAfterMs
  assert.equal(asked({ 'retry-after': '7' }), 7000)
  assert.equal(asked({ 'retry-after-ms': '150', 'retry-after': '1' }), 150)
  assert.equal(asked({ 'retry-after': 'Thu, 01 Jan 1970 00:01:30 GMT' }), 90_000)
  assert.equal(asked({ 'retry-after': 'soon' }), undefined)
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }]
  assert.equal(
    asked({}, JSON.stringify({ error: { code: 429, message: 'x', status: 'RESOURCE_EXHAUSTED', details } })),
    34_500,
  )
})
