import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Draft, describe, type Event } from '@openhands/protocol'
import { type Row, RowMaker } from './rows.ts'

function log(...drafts: readonly Draft[]): Event[] {
  return drafts.map((draft, id) => {
    const envelope = { id, timestamp: `2026-01-01T00:00:${String(id).padStart(2, '0')}Z`, message: describe(draft) }
    return { ...draft, ...envelope } as Event // a draft plus what it lacked
  })
}

const task: Draft = {
  action: 'message',
  source: 'user',
  args: { content: 'do it', image_urls: null, wait_for_response: false },
}
const command: Draft = {
  action: 'run',
  source: 'agent',
  args: {
    command: 'ls',
    is_input: false,
    thought: '',
    blocking: false,
    keep_prompt: true,
    hidden: false,
    confirmation_state: 'awaiting_confirmation',
  },
}
const metadata = {
  exit_code: 0,
  pid: -1,
  username: null,
  hostname: null,
  working_dir: null,
  py_interpreter_path: null,
  prefix: '',
  suffix: '',
}
const result: Draft = {
  observation: 'run',
  source: 'agent',
  cause: 1,
  content: 'a.txt',
  extras: { command_id: -1, command: 'ls', exit_code: 0, hidden: false, interpreter_details: '', metadata },
}
const state = (agent_state: 'user_confirmed' | 'user_rejected' | 'paused', cause?: number): Draft => ({
  action: 'change_agent_state',
  source: 'user',
  args: { agent_state, thought: '' },
  ...(cause === undefined ? {} : { cause }),
})
const kinds = (rows: readonly Row[]): string[] => rows.map(row => row.kind)

test('an action, who allowed it and what came of it are one row', () => {
  const rows = new RowMaker().rowsOf(log(task, command, state('user_confirmed', 1), result))
  assert.deepEqual(kinds(rows), ['user', 'act'])
  const [, act] = rows
  assert.equal(act?.kind, 'act')
  if (act?.kind !== 'act') return
  assert.deepEqual(act.decision, { given: true, by: 'user', at: '2026-01-01T00:00:02Z', remember: undefined })
  assert.equal(act.observation?.content, 'a.txt')
})

test('[J4] how far an approval reaches stands on the card of its action; that it is forgotten is a line of its own', () => {
  const args = { agent_state: 'user_confirmed', thought: '', remember: 'exactly' } as const
  const approval: Draft = { action: 'change_agent_state', source: 'user', cause: 1, args }
  const forget: Draft = { action: 'forget', source: 'user', args: { approval: 2 } }
  const rows = new RowMaker().rowsOf(log(task, command, approval, forget))
  const [, act, note] = rows
  assert.deepEqual(kinds(rows), ['user', 'act', 'note'])
  assert.equal(act?.kind === 'act' && act.decision?.remember, 'exactly')
  assert.equal(note?.kind === 'note' && note.of, 'forgotten')
})

test('[P18] rows that stay as they are stay the same objects, whatever is added at either end', () => {
  const maker = new RowMaker()
  const events = log(task, command, result, state('paused'), task)
  const before = maker.rowsOf(events.slice(0, 3))
  const after = maker.rowsOf(events)
  assert.equal(after[0], before[0])
  assert.equal(after[1], before[1])
  assert.deepEqual(kinds(after), ['user', 'act', 'note', 'user'])
})

test('a row whose action is answered later is another object', () => {
  const maker = new RowMaker()
  const events = log(task, command, result)
  const [, open] = maker.rowsOf(events.slice(0, 2))
  const [, closed] = maker.rowsOf(events)
  assert.notEqual(open, closed)
})

test('[F03] a message that was changed or taken back says so', () => {
  const change: Draft = { action: 'amend', source: 'user', args: { message: 0, content: 'do that' } }
  const back: Draft = { action: 'amend', source: 'user', args: { message: 0, content: null } }
  const [changed] = new RowMaker().rowsOf(log(task, change))
  assert.equal(changed?.kind === 'user' && changed.text, 'do that')
  const [taken] = new RowMaker().rowsOf(log(task, change, back))
  assert.equal(taken?.kind === 'user' && taken.withdrawn, true)
})

test('reasoning comes before what it led to, and words about trouble have a row of their own', () => {
  const thinking = { model: 'm', text: 'hm' }
  const trouble: Draft = { observation: 'error', source: 'environment', content: 'no key', extras: { error_id: 'X' } }
  const rows = new RowMaker().rowsOf(log(task, { ...command, reasoning: [thinking] }, trouble))
  assert.deepEqual(kinds(rows), ['user', 'reasoning', 'act', 'trouble'])
})

test('trouble that stops the session is told once: as the failure of its action, or by itself', () => {
  const extras = { error_id: 'X' }
  const failed: Draft = { observation: 'error', source: 'environment', cause: 1, content: 'no sandbox', extras }
  const trouble: Draft = { observation: 'error', source: 'environment', content: 'no sandbox', extras }
  const stop: Draft = {
    action: 'change_agent_state',
    source: 'environment',
    args: { agent_state: 'error', thought: 'X' },
  }
  assert.deepEqual(kinds(new RowMaker().rowsOf(log(task, command, failed, trouble, stop))), ['user', 'act'])
  assert.deepEqual(kinds(new RowMaker().rowsOf(log(task, trouble, stop))), ['user', 'trouble'])
  assert.deepEqual(kinds(new RowMaker().rowsOf(log(task, stop))), ['user', 'trouble'])
  const other = { ...trouble, content: 'something else' }
  assert.deepEqual(kinds(new RowMaker().rowsOf(log(task, command, failed, other))), ['user', 'act', 'trouble'])
})

test('an observation whose action is not held makes no card', () => {
  const events = log(task, command, result)
  assert.deepEqual(kinds(new RowMaker().rowsOf(events.slice(2))), [])
})

test('[C10] a plan is a row of its own, which stays the same row; a dropped one is a line', () => {
  const plan = (...texts: string[]): Draft => ({
    action: 'plan',
    source: 'agent',
    args: { items: texts.map(text => ({ text, state: 'open' })) },
  })
  const maker = new RowMaker()
  const events = log(task, plan('look', 'mend'), plan())
  const before = maker.rowsOf(events.slice(0, 2))
  const rows = maker.rowsOf(events)
  assert.deepEqual(kinds(rows), ['user', 'plan', 'note'])
  assert.equal(rows[1], before[1])
  assert.deepEqual(rows[1]?.kind === 'plan' && rows[1].items.map(({ text }) => text), ['look', 'mend'])
  assert.equal(rows[2]?.kind === 'note' && rows[2].text, 'The plan was dropped.')
})
