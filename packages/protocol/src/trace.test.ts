import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Event, parseEvent, type Trace, traceOf } from './index.ts'

function trace(draft: object, more: object = {}): Trace | undefined {
  const loose = parseEvent({ id: 1, timestamp: 't', message: '', source: 'agent', ...draft, ...more })
  return traceOf(loose as Event) // the envelope is complete
}
const run = (args: object): object => ({ action: 'run', args: { command: 'ls', ...args } })
const ran = (content: string, extras: object = {}): object => ({
  observation: 'run',
  cause: 0,
  content,
  extras: { command: 'ls', exit_code: 0, ...extras },
})
const cell = (code: string): object => ({ action: 'run_ipython', args: { code } })
const error = (content: string): object => ({ observation: 'error', content, extras: {} })

const same: readonly [string, object, object, boolean][] = [
  [
    'ids, times and metadata do not count',
    { ...run({}), id: 5, timestamp: 'a' },
    { ...run({}), id: 6, timestamp: 'b', seen: 4 },
    true,
  ],
  [
    '[wire C] blocking and confirmation do not count',
    run({}),
    run({ blocking: true, confirmation_state: 'rejected' }),
    true,
  ],
  ['[wire A8.5] thoughts count', run({}), run({ thought: 'x' }), false],
  ['commands count', run({}), run({ command: 'pwd' }), false],
  ['[P21] what a command printed counts', ran('1 %'), ran('2 %'), false],
  ['the exit code counts', ran(''), ran('', { exit_code: 1 }), false],
  ['where a command ended does not count', ran(''), ran('', { metadata: { exit_code: 0, working_dir: '/b' } }), true],
  [
    '[wire A8.5] the first three lines of an edit count',
    cell('edit_file_by_replace(\n1\n2\n3'),
    cell('edit_file_by_replace(\n1\n2\n4'),
    true,
  ],
  ['[wire A8.5] short edits count whole', cell('edit_file_by_replace(\n1'), cell('edit_file_by_replace(\n2'), false],
  ['other cells count whole', cell('a\n1\n2\n3'), cell('a\n1\n2\n4'), false],
]
for (const [name, a, b, equal] of same) test(name, () => assert.equal(trace(a)?.key === trace(b)?.key, equal))

const kinds: readonly [string, object, string | undefined, boolean?][] = [
  ['a message of the agent', { action: 'message', args: { content: 'x' } }, 'message'],
  ['[P21] a thought, which changes as little as a message', { action: 'think', args: { thought: 'x' } }, 'message'],
  ['[P21] a plan, likewise', { action: 'plan', args: { items: [{ text: 'x', state: 'open' }] } }, 'message'],
  ['an action', run({}), 'action'],
  ['a result', ran(''), 'observation', false],
  ['a failure', { ...error('x'), cause: 0 }, 'observation', true],
  ['[P15] a call that could not be understood', error('x'), 'malformed', true],
  ['an error of the server', { ...error('x'), source: 'environment' }, undefined],
  ['a message of the user', { action: 'message', source: 'user', args: { content: 'x' } }, undefined],
  ['a command of the user', { ...run({}), source: 'user' }, undefined],
  ['a result for the user', { ...ran(''), source: 'user' }, undefined],
  ['nothing', { action: 'null', args: {} }, undefined],
  ['no observation', { observation: 'null', extras: {} }, undefined],
  ['a change of state', { observation: 'agent_state_changed', extras: { agent_state: 'init' } }, undefined],
  ['forgetting', { observation: 'condense', extras: {} }, undefined],
]
for (const [name, draft, kind, failed] of kinds)
  test(`${name} leaves ${kind ?? 'no trace'}`, () => {
    assert.equal(trace(draft)?.kind, kind)
    if (failed !== undefined) assert.equal(trace(draft)?.error, failed)
  })

test('a trace stays small, and different texts have different keys', () => {
  assert.ok(JSON.stringify(trace(ran('x'.repeat(1_000_000)))).length < 200)
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => (trace(ran(a))?.key === trace(ran(b))?.key) === (a === b)))
})
