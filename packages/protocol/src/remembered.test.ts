import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  actionArgs,
  type Conversation,
  type Draft,
  type Event,
  exactlyOf,
  fold,
  MOST_EXACTLY,
  MOST_REMEMBERED,
  nothing,
  parseEvent,
  REDACTED,
  type RunnableAction,
  type RunnableName,
  scopesOf,
} from './index.ts'

function draft(action: RunnableName, args: object, timeout?: number): Draft<RunnableAction> {
  const parsed = actionArgs[action].parse(args)
  return {
    source: 'agent',
    action,
    args: parsed,
    ...(timeout === undefined ? {} : { timeout }),
  } as Draft<RunnableAction> // by the table's own schema
}

function after(before: Conversation, ...drafts: readonly object[]): Conversation {
  return drafts.reduce<Conversation>((state, each) => {
    const event = parseEvent({ id: state.next, timestamp: '', message: '', source: 'agent', ...each })
    return fold(state, event as Event) // the envelope is complete
  }, before)
}

const begun = after(
  nothing,
  { action: 'initialize', source: 'user', args: {} },
  { action: 'change_agent_state', source: 'environment', args: { agent_state: 'init' } },
  { observation: 'agent_state_changed', source: 'environment', extras: { agent_state: 'init' } },
  { action: 'message', source: 'user', args: { content: 'task' } },
)
const asks = (command: string, security_risk = 1): object => ({
  action: 'run',
  args: { command, confirmation_state: 'awaiting_confirmation', security_risk },
})
const approves = (cause: number | undefined, more: object = {}): object => ({
  action: 'change_agent_state',
  source: 'user',
  args: { agent_state: 'user_confirmed', remember: 'exactly' },
  ...(cause === undefined ? {} : { cause }),
  ...more,
})
const ran = (cause: number, working_dir: string | null, exit_code = 0): object => ({
  observation: 'run',
  cause,
  extras: { command: 'x', exit_code, metadata: { exit_code, working_dir } },
})
const failed = (cause: number, error_id: string): object => ({ observation: 'error', cause, extras: { error_id } })
const forget = (approval: number | null): object => ({ action: 'forget', source: 'user', args: { approval } })

test('[S33] an approval is remembered with what it was given for, only by a user and only where it names its action', () => {
  const waiting = after(begun, asks(' make\nclean'))
  const asked = waiting.next - 1
  const [one, ...more] = after(waiting, approves(asked)).remembered
  assert.deepEqual(more, [])
  assert.deepEqual(
    { ...one, exactly: '' },
    {
      id: asked + 1,
      action: asked,
      scope: 'exactly',
      kind: 'command',
      risk: 1,
      exactly: '',
      folder: null,
      title: 'make …',
    },
  )
  assert.equal(one?.exactly, exactlyOf(draft('run', { command: ' make\nclean' })))
  const others: readonly (readonly [string, object])[] = [
    ['without its action', approves(undefined)],
    ['for an action that does not wait', approves(asked - 1)],
    ['of the agent', approves(asked, { source: 'agent' })],
    ['of the server', approves(asked, { source: 'environment' })],
    ['for this time', approves(asked, { args: { agent_state: 'user_confirmed' } })],
    ['refused', approves(asked, { args: { agent_state: 'user_rejected' } })],
  ]
  for (const [which, event] of others) assert.deepEqual(after(waiting, event).remembered, [], `an approval ${which}`)
  const answered = after(waiting, approves(asked, { args: { agent_state: 'user_confirmed' } }), ran(asked, '/w'))
  assert.deepEqual(after(answered, approves(asked)).remembered, [], 'an approval that comes too late')
  const high = after(begun, asks('rm', 2))
  const byKind = approves(high.next - 1, { args: { agent_state: 'user_confirmed', remember: 'kind' } })
  assert.deepEqual(after(high, byKind).remembered, [], 'a kind at high risk')
})

test('[J4] what is remembered is bounded, the oldest goes first; one or all are forgotten', () => {
  let state = begun
  for (let at = 0; at < MOST_REMEMBERED + 3; at++) {
    state = after(state, asks(`make ${at}`))
    state = after(state, approves(state.next - 1), ran(state.next - 1, '/w'))
  }
  const titles = (of: Conversation): readonly string[] => of.remembered.map(each => each.title)
  assert.deepEqual(
    titles(state),
    Array.from({ length: MOST_REMEMBERED }, (_, at) => `make ${at + 3}`),
  )
  const second = state.remembered[1]?.id ?? -1
  assert.deepEqual(titles(after(state, forget(second))), ['make 3', ...titles(state).slice(2)])
  assert.deepEqual(titles(after(state, forget(0))), titles(state))
  assert.deepEqual(titles(after(state, forget(null))), [])
})

test('[S33] where the shell stands is known of the end of its newest command, and of nothing else', () => {
  const open = after(begun, { action: 'run', args: { command: 'cd /a' } })
  const asked = open.next - 1
  assert.equal(open.folder, null)
  const known = after(open, ran(asked, '/a'))
  assert.equal(known.folder, '/a')
  const next = after(known, { action: 'run', args: { command: 'cd /b' } })
  const ends: readonly (readonly [object, string])[] = [
    [ran(asked + 2, '/b'), '/b'],
    [ran(asked + 2, '/a', -1), ''],
    [ran(asked + 2, null), ''],
    [failed(asked + 2, 'interrupted'), ''],
    [failed(asked + 2, 'unknown_outcome'), ''],
    [failed(asked + 2, ''), '/a'],
    [{ observation: 'user_rejected', cause: asked + 2, extras: {} }, '/a'],
    [failed(0, 'interrupted'), '/a'],
  ]
  for (const [end, folder] of ends) assert.equal(after(next, end).folder, folder, JSON.stringify(end))
  const read = after(known, { action: 'read', args: { path: '/x' } }, failed(known.next, 'interrupted'))
  assert.equal(read.folder, '/a')
})

const scopes: readonly (readonly [string, Draft<RunnableAction>, string])[] = [
  ['a command of low risk', draft('run', { command: 'ls', security_risk: 0 }), 'exactly kind'],
  ['a command of medium risk', draft('run', { command: 'make', security_risk: 1 }), 'exactly kind'],
  ['a command of high risk', draft('run', { command: 'rm', security_risk: 2 }), 'exactly'],
  ['a command that could not be judged', draft('run', { command: 'rm', security_risk: -1 }), 'exactly'],
  ['a command that nobody judged', draft('run', { command: 'ls' }), 'exactly'],
  ['input to a running program', draft('run', { command: 'y', is_input: true, security_risk: 0 }), ''],
  ['Python', draft('run_ipython', { code: '1', security_risk: 1 }), 'exactly kind'],
  ['a page', draft('browse', { url: 'http://x', security_risk: 1 }), 'exactly kind'],
  [
    'what depends on the page',
    draft('browse_interactive', { browser_actions: "click('1')", security_risk: 1 }),
    'kind',
  ],
  ['a change', draft('edit', { path: '/a', command: 'create', file_text: 'b', security_risk: 1 }), 'exactly kind'],
  ['undoing what was last', draft('edit', { path: '/a', command: 'undo_edit', security_risk: 1 }), 'kind'],
  ['a delegation', draft('delegate', { agent: 'A', inputs: {}, security_risk: 0 }), ''],
  ['what is very long', draft('run', { command: 'x'.repeat(MOST_EXACTLY), security_risk: 1 }), 'kind'],
  ['what has a secret in it', draft('run', { command: `curl -H ${REDACTED}`, security_risk: 1 }), 'kind'],
]
for (const [what, action, expected] of scopes)
  test(`[J4] how far an approval may reach: ${what}`, () => {
    const known = scopesOf(action, { folder: '/w' }, 'cautious')
    assert.equal(known.join(' '), expected)
    assert.equal(scopesOf(action, { folder: '/w' }, 'always').join(' '), expected.replace(/ ?kind/, ''))
    const nowhere = scopesOf(action, { folder: '' }, 'cautious').join(' ')
    assert.equal(nowhere, action.action === 'run' ? expected.replace(/exactly ?/, '') : expected)
  })

test('[S33] two actions are the same to the letter if and only if they do the same', () => {
  const first = draft('run', { command: 'make' })
  const same = draft('run', { thought: 'again', security_risk: 2, security_reason: 'r', command: 'make' })
  assert.equal(exactlyOf(first), exactlyOf({ ...same, args: { ...same.args, remembered: 3 } } as typeof same)) // the same member
  const others = [
    draft('run', { command: 'make ' }),
    draft('run', { command: 'make', is_input: true }),
    draft('run', { command: 'make', hidden: true }),
    draft('run', { command: 'make' }, 5),
    draft('run_ipython', { code: 'make' }),
    draft('write', { path: 'a', content: 'b' }),
    draft('write', { path: 'a', content: 'b', start: 1 }),
    draft('write', { path: 'b', content: 'a' }),
    draft('edit', { path: 'a', content: 'b' }),
    draft('edit', { path: 'a', content: 'b', command: 'create' }),
  ]
  assert.equal(new Set([first, ...others].map(exactlyOf)).size, others.length + 1)
})

test('[S33] whatever differs in a single unit of its text, hidden or not, is not the same to the letter', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const hidden = fc.constantFrom(
    '\u200b',
    '\u202e',
    '\u0000',
    '\u00a0',
    '\ufeff',
    '\u{e0041}',
    '\ud800',
    '\\',
    '"',
    '\n',
  )
  const sprinkled = fc.array(fc.oneof(text, hidden), { maxLength: 6 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(
      sprinkled,
      fc.nat(),
      fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constant(-1)),
      (from, at, unit) => {
        const place = at % (from.length + 1)
        const put = unit === -1 ? '' : String.fromCharCode(unit)
        for (const removed of [0, 1]) {
          const to = from.slice(0, place) + put + from.slice(place + removed)
          const equal = exactlyOf(draft('run', { command: from })) === exactlyOf(draft('run', { command: to }))
          assert.equal(equal, from === to)
          const moved = exactlyOf(draft('write', { path: from, content: to }))
          assert.equal(moved === exactlyOf(draft('write', { path: to, content: from })), from === to)
        }
      },
    ),
    { numRuns: 2000 },
  )
})
