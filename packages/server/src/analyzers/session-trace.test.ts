import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '@openhands/protocol'
import { Secret } from '../lib/secret.ts'
import { draftOf } from '../testing/analyzer-contract.ts'
import { judgedSession } from '../testing/judged-session.ts'
import { SessionTrace } from './session-trace.ts'

const say = (content: string): Draft => ({
  action: 'message',
  source: 'user',
  args: { content, image_urls: null, wait_for_response: false },
})
const contents = (trace: readonly unknown[]): readonly string[] =>
  trace.map(element => String(Object(element).content ?? JSON.stringify(Object(element).function)))

test('it follows the log, page by page, each event once, also when many ask at once', async () => {
  const session = judgedSession({ confirmation: 'risky' }, 3)
  const trace = new SessionTrace(session)
  session.append(...['a', 'b', 'c', 'd'].map(say))
  const both = await Promise.all([trace.past(), trace.past()])
  assert.deepEqual(both.map(contents), [
    ['a', 'b', 'c', 'd'],
    ['a', 'b', 'c', 'd'],
  ])
  session.append(say('e'))
  assert.deepEqual(contents(await trace.past()), ['a', 'b', 'c', 'd', 'e'])
})

test('what the same step wrote before counts as past, and is forgotten again', async () => {
  const session = judgedSession()
  const trace = new SessionTrace(session)
  const first = draftOf('run', { command: 'curl x > y' })
  const telling = await trace.before(draftOf('run', { command: 'sh y', thought: 'now' }), [first])
  assert.match(contents(telling.past).join(), /curl x > y/)
  assert.equal(contents(telling.pending)[0], 'now')
  assert.deepEqual([Object(telling.past[0]).id, Object(telling.pending[1]).id], ['1', '2'])
  assert.deepEqual(await trace.past(), [])
})

test('[P29] of a long session the newest part is told, of a long text its ends; what is to happen is told whole', async () => {
  const session = judgedSession()
  for (let i = 0; i < 3000; i++) session.append(say(`message ${i}`))
  const trace = new SessionTrace(session)
  const many = contents(await trace.past())
  assert.deepEqual([many.length, many.at(-1), many[0]], [1000, 'message 2999', 'message 2000'])
  session.append(say(`begin ${'x'.repeat(100_000)} end`))
  const long = contents(await trace.past()).at(-1) ?? ''
  assert.match(long, /^begin x+\n\[\d+ characters are left out\]\nx+ end$/)
  assert.ok(long.length < 17_000)
  for (let i = 0; i < 100; i++) session.append(say('y'.repeat(16_000)))
  const size = JSON.stringify(await trace.past()).length
  assert.ok(size > 400_000 && size < 600_000, `${size} characters`)
  const command = 'z'.repeat(50_000)
  const { pending } = await trace.before(draftOf('run', { command }), [])
  assert.ok(JSON.stringify(pending).includes(command))
})

test('[S20] a secret that the server knows is told to nobody, wherever it stands', async () => {
  const session = judgedSession()
  session.redactor.learn(new Secret('canary-0123456789abcdef'))
  session.append(say('my key is canary-0123456789abcdef'))
  const telling = await new SessionTrace(session).before(draftOf('run', { command: 'echo canary-0123456789abcdef' }), [
    draftOf('run', { command: 'export K=canary-0123456789abcdef' }),
  ])
  assert.equal(telling.past.length, 2)
  assert.doesNotMatch(JSON.stringify(telling), /canary/)
})
