import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalyzerAnswer } from '../core/ports.ts'
import { judgedSession, type TestedSession } from '../testing/judged-session.ts'
import { answerPanel, type Panel } from './panel.ts'

function panelOf(session: TestedSession, more: Partial<Panel> = {}): Panel {
  return { session, policy: async () => 'the rules', trace: async () => [{ role: 'user', content: 'x' }], ...more }
}
const asked = (session: TestedSession, method: string, path: string, body?: unknown): Promise<AnalyzerAnswer> =>
  answerPanel({ method, path, body }, panelOf(session))

test('[wire A5.12] policy, settings and trace in their shapes; the last part of the path counts', async () => {
  const session = judgedSession({ confirmation: 'cautious' })
  for (const [path, json] of [
    ['policy', { policy: 'the rules' }],
    ['settings', { RISK_SEVERITY: 1 }],
    ['export-trace', [{ role: 'user', content: 'x' }]],
    ['a/b/policy', { policy: 'the rules' }],
    ['policy/', { policy: 'the rules' }],
  ] as const)
    assert.deepEqual(await asked(session, 'GET', path), { status: 200, json })
})

test('[wire A5.12] what is not there is 405, also rules that are built in', async () => {
  const session = judgedSession()
  const notAllowed = { status: 405, json: { detail: 'Method Not Allowed' } }
  for (const [method, path] of [
    ['GET', ''],
    ['GET', 'toString'],
    ['DELETE', 'policy'],
    ['PUT', 'settings'],
    ['POST', 'export-trace'],
    ['POST', 'policy'],
  ] as const)
    assert.deepEqual(await asked(session, method, path, { policy: 'x' }), notAllowed, `${method} ${path}`)
})

test('[wire A5.12] the severity is from which risk on somebody is asked; it is echoed, and kept', async () => {
  for (const [severity, confirmation] of [
    [-1, 'always'],
    [0, 'always'],
    [1, 'cautious'],
    [2, 'risky'],
    [3, 'never'],
  ] as const) {
    const session = judgedSession({ confirmation: confirmation === 'risky' ? 'never' : 'risky' })
    const body = { RISK_SEVERITY: severity }
    assert.deepEqual(await asked(session, 'POST', 'settings', body), { status: 200, json: body })
    assert.deepEqual(session.changes, [{ confirmation }])
    assert.deepEqual(await asked(session, 'GET', 'settings'), {
      status: 200,
      json: { RISK_SEVERITY: Math.max(0, severity) },
    })
    await asked(session, 'POST', 'settings', body)
    assert.equal(session.changes.length, 1, 'what is so already is not kept again')
  }
})

test('[S23] what is no setting or no policy changes nothing, and says which field is wrong', async () => {
  const session = judgedSession()
  const used: string[] = []
  const panel = panelOf(session, { usePolicy: async policy => void used.push(policy) })
  for (const [path, body] of [
    ['settings', undefined],
    ['settings', {}],
    ['settings', []],
    ['settings', { RISK_SEVERITY: '2' }],
    ['settings', { RISK_SEVERITY: 4 }],
    ['settings', { RISK_SEVERITY: 1.5 }],
    ['policy', {}],
    ['policy', { policy: 5 }],
    ['policy', { policy: ' \n' }],
    ['policy', { policy: 'x'.repeat(64 * 1024 + 1) }],
  ] as const) {
    const { status, json } = await answerPanel({ method: 'POST', path, body }, panel)
    assert.equal(status, 422, JSON.stringify(body)?.slice(0, 50))
    assert.equal(Object(json).detail[0].loc[0], 'body')
    assert.ok(JSON.stringify(json).length < 500)
  }
  assert.deepEqual([session.changes, used], [[], []])
  assert.equal((await answerPanel({ method: 'POST', path: 'policy', body: { policy: 'p' } }, panel)).status, 200)
  assert.deepEqual(used, ['p'])
})
