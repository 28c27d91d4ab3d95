import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ModelTested, ServerInfo } from '@openhands/protocol'
import { startLiveServer } from '../src/testing/live-server.ts'
import { text } from '../src/testing/scripted-model/script.ts'
import { startScriptedModel } from '../src/testing/scripted-model/server.ts'

const KEY = 'sk-stored-5f3a91c7'

test('[S21, S20] the stored key serves a test of the endpoint that it was entered for, and of no other', async () => {
  await using model = await startScriptedModel({ script: () => text('ready'), apiKey: KEY })
  await using other = await startScriptedModel({ script: () => text('ready') })
  await using server = await startLiveServer()
  const post = async (path: string, body: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.equal(answer.status, 200, path)
    return await answer.json()
  }
  const tried = async (body: object): Promise<ModelTested> => ModelTested.parse(await post('/api/settings/test', body))
  const here = { llm_model: 'openai/some', llm_base_url: model.baseUrl('chat') }
  await post('/api/settings', { ...here, llm_api_key: KEY })

  assert.equal((await tried({})).ok, true)
  assert.equal((await tried({ ...here, llm_model: 'openai/another', llm_api_key: '**********' })).ok, true)
  assert.equal((await tried({ ...here, llm_api_key: null })).ok, false)
  const elsewhere = await tried({ ...here, llm_base_url: other.baseUrl('chat') })
  assert.equal(elsewhere.ok, true, 'a server that asks for no key')
  assert.equal(other.requests.length, 1)
  for (const { headers } of other.requests) assert.doesNotMatch(JSON.stringify(headers), /sk-stored/)
  assert.doesNotMatch(server.logged.join('\n'), /sk-stored/)
})

test('[P31] what the server was started with is told with what changes it, and without any secret', async () => {
  const environment = { LLM_API_KEY: 'sk-canary-1', LLM_BASE_URL: 'http://user:canary-2@127.0.0.1:9/v1?key=canary-3' }
  const args = ['--sandbox-memory', '512m', '--egress-allow', 'example.com', '--max-budget', '3']
  await using server = await startLiveServer(args, undefined, { ...environment, LLM_MODEL: 'openai/some' })
  const body = await (await fetch(`${server.url}/api/server`)).text()
  const { settings } = ServerInfo.parse(JSON.parse(body))
  const told = (name: string): unknown => settings.find(each => each.name === name)?.value
  assert.deepEqual(
    ['sandbox', 'sandboxMemory', 'egress', 'egressAllow', 'maxBudget', 'apiKey', 'baseUrl', 'contextTokens'].map(told),
    ['bubblewrap', 512 * 1024 ** 2, 'list', 'example.com', 3, 'set', 'http://127.0.0.1:9/v1', null],
  )
  assert.equal(settings.find(each => each.name === 'sandboxMemory')?.option, '--sandbox-memory')
  assert.doesNotMatch(body, /canary/)
})
