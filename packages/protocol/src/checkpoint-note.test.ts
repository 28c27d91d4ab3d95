import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CHECKPOINTS,
  type CheckpointNote,
  type Conversation,
  checkpointLabel,
  type Event,
  fold,
  nothing,
  parseEvent,
} from './index.ts'

function after(before: Conversation, ...drafts: readonly object[]): Conversation {
  return drafts.reduce<Conversation>((state, draft) => {
    const event = parseEvent({ id: state.next, timestamp: 'T', message: '', source: 'agent', ...draft })
    return fold(state, event as Event) // the envelope is complete
  }, before)
}

/** An action and its result, kept before as `checkpoint`. */
function done(state: Conversation, action: string, args: object, checkpoint?: string): Conversation {
  const result = { observation: 'success', cause: state.next, extras: {}, ...(checkpoint ? { checkpoint } : {}) }
  return after(state, { action, args }, result)
}

const labels: readonly [action: string, args: object, label: string][] = [
  ['run', { command: 'npm test' }, 'before npm test'],
  ['run', { command: '  make\nmake install' }, 'before make …'],
  ['run', { command: 'export TOKEN=x', hidden: true }, 'before a command'],
  ['run_ipython', { code: 'x = 1\nx' }, 'before Python: x = 1 …'],
  ['edit', { path: 'report.py', command: 'str_replace', old_str: 'a' }, 'before an edit of report.py'],
  ['edit', { path: 'report.py', command: 'create', file_text: '' }, 'before the creation of report.py'],
  ['write', { path: 'a.txt', content: '' }, 'before writing a.txt'],
]
for (const [action, args, label] of labels)
  test(`[R10] a checkpoint is called after what followed it: ${label}`, () => {
    assert.deepEqual(done(nothing, action, args, 'c').checkpoints, [{ id: 'c', event: 0, label }])
  })

test('[R10] of several actions that found the workspace as a checkpoint has it the newest counts', () => {
  let state = done(nothing, 'run', { command: 'ls' }, 'c1')
  state = done(state, 'run', { command: 'touch x' }, 'c1')
  state = done(state, 'run', { command: 'rm x' }, 'c2')
  state = done(state, 'run', { command: 'true' })
  assert.deepEqual(
    state.checkpoints.map(({ id, label }) => [id, label]),
    [
      ['c1', 'before touch x'],
      ['c2', 'before rm x'],
    ],
  )
  state = after(state, {
    action: 'restore',
    source: 'user',
    args: { checkpoint: 'c1', label: 'before touch x', before: 'c3' },
  })
  assert.equal(state.checkpoints.at(-1)?.label, 'before going back to: before touch x')
  assert.equal(checkpointLabel(state.checkpoints, { id: 'c2', label: 'before an action' }), 'before rm x')
  assert.equal(checkpointLabel(state.checkpoints, { id: 'other', label: 'before an action' }), 'before an action')
})

test('labels are lines of a bounded length, and so many of them', () => {
  let state: Conversation = nothing
  for (let at = 0; at < CHECKPOINTS + 20; at++) state = done(state, 'run', { command: 'x'.repeat(500) }, `c${at}`)
  assert.equal(state.checkpoints.length, CHECKPOINTS)
  assert.equal(state.checkpoints[0]?.id, 'c20')
  assert.ok(state.checkpoints.every(({ label }: CheckpointNote) => label.length === 120 && label.endsWith('…')))
})
