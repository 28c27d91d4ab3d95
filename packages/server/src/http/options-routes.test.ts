import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { defaultsRoutes } from './defaults-routes.ts'
import { optionsRoutes } from './options-routes.ts'

describe('what pages ask before there is a session', () => {
  let world: RoutesWorld
  before(async () => {
    world = await startRoutes([optionsRoutes, defaultsRoutes], {
      models: ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'openai/gpt-4o'],
      uploadBytes: 3 * 1024 * 1024,
      uploadEndings: new Set(['.txt']),
      github: { apiUrl: '', webUrl: '', clientId: 'Iv1.abc', clientSecret: 'canary-secret' },
    })
  })
  after(() => world[Symbol.asyncDispose]())

  const lists = [
    ['wire A5.1', 'models', ['anthropic/claude-sonnet-4-5', 'openai/gpt-4o']],
    ['wire A5.2', 'agents', ['CodeActAgent']],
    ['wire A5.3', 'security-analyzers', ['invariant', 'policy']],
  ] as const
  for (const [rule, name, expected] of lists) {
    test(`[${rule}] ${name}: sorted, each once`, async () => {
      const answer = await world.app.inject(`/api/options/${name}`)
      assert.deepEqual([answer.statusCode, answer.json()], [200, expected])
      const wrong = await world.app.inject({ method: 'POST', url: `/api/options/${name}`, payload: {} })
      assert.deepEqual([wrong.statusCode, wrong.json()], [405, { detail: 'Method Not Allowed' }])
    })
  }

  test('[wire B2] the page’s configuration names nobody who would measure it', async () => {
    const answer = await world.app.inject('/api/options/config')
    const expected = { APP_MODE: 'oss', GITHUB_CLIENT_ID: 'Iv1.abc', POSTHOG_CLIENT_KEY: '' }
    assert.deepEqual([answer.statusCode, answer.json()], [200, expected])
  })

  test('[wire A5.9, D2.9] defaults are what the server starts from, for whoever has a session, without any secret', async () => {
    assert.equal((await world.app.inject('/api/defaults')).statusCode, 401)
    const { authorization } = await world.session()
    const answer = await world.app.inject({ url: '/api/defaults', headers: { authorization } })
    assert.equal(answer.statusCode, 200)
    const json = answer.json()
    assert.deepEqual(json.default_agent, { type: 'str', optional: false, default: 'CodeActAgent' })
    assert.equal(json.file_uploads_max_file_size_mb.default, 3)
    assert.deepEqual(json.file_uploads_allowed_extensions.default, ['.txt'])
    assert.doesNotMatch(answer.body, /canary|jwt|secret/i)
  })
})
