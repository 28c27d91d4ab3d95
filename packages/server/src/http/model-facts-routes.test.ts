import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ModelFacts } from '@openhands/protocol'
import { startRoutes } from '../testing/routes-world.ts'
import { modelFactsRoutes } from './model-facts-routes.ts'

test('a session’s model is told with what it can read; one that cannot be had is none', async () => {
  const env = { LLM_MODEL: 'ollama/some', LLM_MAX_INPUT_TOKENS: '12345' }
  await using world = await startRoutes([modelFactsRoutes], {}, env)
  const { id } = await world.session()
  const ask = async (of: string): Promise<[number, unknown]> => {
    const answer = await world.app.inject(`/api/conversations/${of}/model`)
    return [answer.statusCode, answer.json()]
  }
  const [status, facts] = await ask(id)
  assert.equal(status, 200)
  const { model } = ModelFacts.parse(facts)
  assert.deepEqual([model?.name, model?.context_tokens], ['ollama/some', 12_345])
  assert.equal((await ask('0'.repeat(32)))[0], 404)
  const { stream } = await world.parts.manager.open(id)
  await stream.append({ action: 'initialize', source: 'user', args: { model: 'nonsuch' } })
  assert.deepEqual(await ask(id), [200, { model: null }])
})
