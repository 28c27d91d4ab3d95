import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { SessionId } from '@openhands/protocol'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { securityRoutes } from './security-routes.ts'

let world: RoutesWorld
before(async () => {
  world = await startRoutes([securityRoutes])
})
after(() => world[Symbol.asyncDispose]())

interface Answer {
  readonly status: number
  readonly json: unknown
}

/** Asks as the page of 0.13.1 does: with its token, and a body that is JSON without saying so. */
async function ask(authorization: string | undefined, method: string, path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
  const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
  const answer = await fetch(`${world.url}${path}`, { method, headers, ...sent })
  return { status: answer.status, json: await answer.json() }
}

for (const version of ['0.13.1', '0.21.1'] as const)
  describe(`[wire A5.12] the security panel of ${version}`, () => {
    let id: SessionId
    let token: string | undefined
    let prefix: string
    before(async () => {
      const session = await world.session()
      id = session.id
      token = version === '0.13.1' ? session.authorization : undefined
      prefix = version === '0.13.1' ? '/api/security' : `/api/conversations/${id}/security`
    })
    const panel = (method: string, path: string, body?: unknown): Promise<Answer> =>
      ask(token, method, `${prefix}/${path}`, body)

    test('policy: what the rules are; built-in ones cannot be changed', async () => {
      const { status, json } = await panel('GET', 'policy')
      assert.equal(status, 200)
      assert.match(Object(json).policy, /^high +delete-everything: rm.* would delete everything in the workspace$/m)
      assert.doesNotMatch(Object(json).policy, /undefined|\$/)
      assert.deepEqual(await panel('POST', 'policy', { policy: '' }), {
        status: 405,
        json: { detail: 'Method Not Allowed' },
      })
    })

    test('[S23] settings: the severity is that of the session; a change is kept, in its log and in that of the server', async () => {
      assert.deepEqual(await panel('GET', 'settings'), { status: 200, json: { RISK_SEVERITY: 2 } })
      const changed = { status: 200, json: { RISK_SEVERITY: 1 } }
      assert.deepEqual(await panel('POST', 'settings', { RISK_SEVERITY: 1 }), changed)
      assert.deepEqual(await panel('GET', 'settings'), changed)
      const session = await world.parts.manager.open(id)
      assert.equal(session.stream.state.settings.confirmation, 'cautious')
      assert.ok(world.logged.some(line => line.includes(id) && line.includes('"confirmation":"cautious"')))
      await world.parts.manager.close(id)
      assert.deepEqual(await panel('GET', 'settings'), changed, 'it is still so when the session has been closed')
    })

    test('export-trace: what was done, each call with its judgement', async () => {
      const { stream } = await world.parts.manager.open(id)
      await stream.append(
        {
          action: 'message',
          source: 'user',
          args: { content: 'remove it', image_urls: null, wait_for_response: false },
        },
        {
          action: 'browse',
          source: 'agent',
          args: { url: 'http://x', thought: '', security_risk: 2, security_reason: 'Why.' },
        },
      )
      const { status, json } = await panel('GET', 'export-trace')
      assert.equal(status, 200)
      assert.deepEqual(json, [
        { role: 'user', content: 'remove it' },
        {
          id: '1',
          type: 'function',
          function: { name: 'browse', arguments: { url: 'http://x' } },
          metadata: { security_risk: 2, security_reason: 'Why.' },
        },
      ])
    })

    test('what is not there is 405; what is not JSON, or no setting, is 422', async () => {
      for (const [method, path] of [
        ['PUT', 'policy'],
        ['DELETE', 'settings'],
        ['GET', 'anything/else'],
        ['POST', 'export-trace'],
      ] as const)
        assert.deepEqual(await panel(method, path), { status: 405, json: { detail: 'Method Not Allowed' } }, path)
      for (const body of ['{oops', '', '[]', '{"RISK_SEVERITY":9}', '{"RISK_SEVERITY":"high"}'])
        assert.equal((await panel('POST', 'settings', body)).status, 422, body)
    })

    test('no session, no answer', async () => {
      const missing = version === '0.13.1' ? await ask('Bearer nonsense', 'GET', '/api/security/policy') : undefined
      const foreign = await ask(undefined, 'GET', `/api/conversations/${'0'.repeat(32)}/security/policy`)
      assert.deepEqual([missing?.status ?? 401, foreign.status], [401, 404])
    })
  })

test('[wire A5.12] [wire D2.11] where nobody judges it is 404 and not 500', async () => {
  await using bare = await startRoutes([securityRoutes], {}, { SECURITY_SECURITY_ANALYZER: 'none' })
  const { authorization } = await bare.session()
  const answer = await fetch(`${bare.url}/api/security/policy`, { headers: { authorization } })
  assert.equal(answer.status, 404)
  assert.deepEqual(await answer.json(), { detail: 'Security analyzer not initialized' })
})
