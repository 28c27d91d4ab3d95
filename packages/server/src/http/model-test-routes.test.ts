import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ModelTested } from '@openhands/protocol'
import { startRoutes } from '../testing/routes-world.ts'
import { hang, http, type Reply, sseError, text, thinking } from '../testing/scripted-model/script.ts'
import { startScriptedModel } from '../testing/scripted-model/server.ts'
import { modelTestRoutes } from './model-test-routes.ts'

const KEY = 'sk-canary-7c1d5e90'

/** Tries a model that says this; `asked` overrides what the page sends. */
async function testOf(reply: Reply, asked: object = {}, patienceMs?: number): Promise<ModelTested & { text: string }> {
  await using model = await startScriptedModel({ script: () => reply, apiKey: KEY })
  await using world = await startRoutes([modelTestRoutes(patienceMs === undefined ? {} : { patienceMs })])
  const payload = { llm_model: 'openai/some', llm_base_url: model.baseUrl('chat'), llm_api_key: KEY, ...asked }
  const answer = await world.app.inject({ method: 'POST', url: '/api/settings/test', payload })
  assert.equal(answer.statusCode, 200, answer.body)
  assert.ok(model.requests.length <= 1, 'one request and no second try')
  return { ...ModelTested.parse(answer.json()), text: answer.body }
}

describe('a model is tried before it is saved', () => {
  test('[P26] one that speaks, or thinks, is right', async () => {
    for (const reply of [text('ready'), thinking('hm', text('ready'))]) {
      const tested = await testOf(reply)
      assert.equal(tested.ok, true, tested.text)
      assert.equal(tested.ok && tested.model, 'openai/some')
    }
  })

  const failures: readonly (readonly [
    name: string,
    reply: Reply,
    asked: object,
    kind: string,
    field: string | undefined,
  ])[] = [
    ['a wrong key', text('ready'), { llm_api_key: 'sk-wrong-canary' }, 'auth', 'llm_api_key'],
    ['no credit', http(402, {}, { error: { message: 'no credit' } }), {}, 'payment', 'llm_api_key'],
    [
      'no such model',
      http(404, {}, { error: { message: 'model some does not exist', code: 'model_not_found' } }),
      {},
      'not_found',
      'llm_model',
    ],
    ['too many requests', http(429, { 'retry-after': '600' }), {}, 'rate_limit', undefined],
    ['a provider in trouble', http(500), {}, 'overloaded', undefined],
    [
      'a web page',
      http(200, { 'content-type': 'text/html' }, '<html>hello</html>'),
      {},
      'configuration',
      'llm_base_url',
    ],
    [
      'a failure instead of words',
      sseError(text('ready'), { status: 500, message: `oh ${KEY}` }, 0),
      {},
      'overloaded',
      undefined,
    ],
    ['a name of nothing', text('ready'), { llm_model: 'nonsuch', llm_base_url: '' }, 'configuration', 'llm_model'],
    ['no key for who wants one', text('ready'), { llm_base_url: '', llm_api_key: '' }, 'configuration', 'llm_api_key'],
    ['nobody there', text('ready'), { llm_base_url: 'http://127.0.0.1:1/v1' }, 'network', 'llm_base_url'],
  ]
  for (const [name, reply, asked, kind, field] of failures)
    test(`[P26, S20] ${name}: its kind, a remedy and the field, and never the key`, async () => {
      const tested = await testOf(reply, asked)
      assert.equal(tested.ok, false, tested.text)
      if (tested.ok) return
      assert.deepEqual([tested.kind, tested.field], [kind, field], tested.text)
      assert.ok(tested.remedy.length > 10)
      assert.doesNotMatch(tested.text, /canary/)
    })

  test('[P26] one that says nothing is given up', async () => {
    const tested = await testOf(hang(), {}, 300)
    assert.equal(!tested.ok && tested.kind, 'timeout', tested.text)
  })

  test('[P26] without any setting it is the demonstration, and says so', async () => {
    await using world = await startRoutes([modelTestRoutes()])
    const answer = await world.app.inject({ method: 'POST', url: '/api/settings/test', payload: {} })
    const tested = ModelTested.parse(answer.json())
    assert.ok(tested.ok && tested.notice, answer.body)
  })

  test('[P31] what is no text is refused by its field', async () => {
    await using world = await startRoutes([modelTestRoutes()])
    const payload = { llm_model: 7 }
    const answer = await world.app.inject({ method: 'POST', url: '/api/settings/test', payload })
    assert.equal(answer.statusCode, 422)
    assert.deepEqual(answer.json().detail[0].loc, ['body', 'llm_model'])
  })
})
