import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type AgentState,
  actionNames,
  agentStates,
  awaited,
  CLIENT_IDS,
  type Conversation,
  type Event,
  fold,
  hasUnread,
  isRunning,
  type LooseEvent,
  mayBecome,
  nothing,
  parseEvent,
  sizeOf,
  TRACES,
} from './index.ts'

const TIME = '2026-01-02T03:04:05.000Z'

/** Folds drafts onto what is known; ids go on, the source is the agent's unless told. */
function after(before: Conversation, ...drafts: readonly object[]): Conversation {
  return drafts.reduce<Conversation>((state, draft) => {
    const loose: LooseEvent = parseEvent({ id: state.next, timestamp: TIME, message: '', source: 'agent', ...draft })
    return fold(state, deepFreeze(loose as Event)) // the envelope is complete
  }, before)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}

const initialize = (args: object = {}): object => ({ action: 'initialize', source: 'user', args })
const user = (content = 'task'): object => ({ action: 'message', source: 'user', args: { content } })
const asks = (content = 'and now?', more: object = {}): object => ({
  action: 'message',
  args: { content, wait_for_response: true },
  ...more,
})
const run = (command = 'ls', more: object = {}): object => ({ action: 'run', args: { command }, ...more })
const risky = (command = 'rm', more: object = {}): object => ({
  action: 'run',
  args: { command, confirmation_state: 'awaiting_confirmation' },
  ...more,
})
const ran = (cause: number, more: object = {}): object => ({
  observation: 'run',
  cause,
  extras: { command: 'x', exit_code: 0 },
  ...more,
})
const rejected = (cause: number): object => ({ observation: 'user_rejected', cause, content: 'no', extras: {} })
const become = (agent_state: AgentState, source = 'user', more: object = {}): object => ({
  action: 'change_agent_state',
  source,
  args: { agent_state },
  ...more,
})
const told = (agent_state: AgentState): object => ({
  observation: 'agent_state_changed',
  source: 'environment',
  extras: { agent_state },
})
const finish = (more: object = {}): object => ({ action: 'finish', args: {}, ...more })
const reject = (more: object = {}): object => ({ action: 'reject', args: {}, ...more })
const costs = (cost: number | null, more: object = {}): object => ({
  llm_metrics: { model: 'm', response_id: 'r', cost, prompt_tokens: 10, completion_tokens: 2, cache_read_tokens: 4 },
  ...more,
})

/** A session in each state, reached as it is reached in life. */
const ready = after(nothing, initialize(), told('loading'), become('init', 'environment'), told('init'))
const running = after(ready, user())
const seen = { ...running, seen: running.next - 1 }
const states: Record<string, Conversation> = {
  loading: after(nothing, initialize()),
  init: ready,
  running: seen,
  paused: after(seen, become('paused')),
  stopped: after(seen, become('stopped')),
  finished: after(seen, finish()),
  rejected: after(seen, reject()),
  error: after(seen, become('error', 'environment')),
  awaiting_user_input: after(seen, asks()),
  awaiting_user_confirmation: after(seen, risky()),
  user_confirmed: after(seen, risky(), become('user_confirmed')),
  user_rejected: after(seen, risky(), become('user_rejected')),
  rate_limited: after(seen, become('rate_limited', 'environment')),
}
const stateOf = (name: string): Conversation => states[name] ?? nothing

test('every state of an agent is reached', () => {
  assert.deepEqual(Object.keys(states).sort(), [...agentStates].sort())
  for (const [name, state] of Object.entries(states)) assert.equal(state.agentState, name)
})

const all = [...agentStates]
const transitions: readonly [rule: string, from: readonly AgentState[], draft: object, to: AgentState | 'same'][] = [
  ['[wire A4] a message sets to work', all.filter(name => name !== 'loading'), user('more'), 'running'],
  ['a message waits for the start', ['loading'], user(), 'same'],
  ['[wire A4] a question of the agent waits', ['running'], asks(), 'awaiting_user_input'],
  ['words that do not ask change nothing', ['running'], { action: 'message', args: { content: 'x' } }, 'same'],
  ['a question changes nothing at rest', ['stopped', 'finished', 'error', 'rejected'], asks(), 'same'],
  ['last words that come after a pause count', ['paused'], asks(), 'awaiting_user_input'],
  ['a finish that comes after a pause counts', ['paused'], finish(), 'finished'],
  ['[wire A4] a finish ends', ['running', 'user_confirmed'], finish(), 'finished'],
  [
    '[wire A4] a finish of the user ends',
    all.filter(name => name !== 'finished'),
    finish({ source: 'user' }),
    'finished',
  ],
  ['[wire A4] a reject ends', ['running'], reject(), 'rejected'],
  ['[wire A4] a reject of the user ends', ['running', 'paused'], reject({ source: 'user' }), 'rejected'],
  [
    'a finish that comes too late changes nothing',
    ['stopped', 'error', 'rejected', 'awaiting_user_confirmation'],
    finish(),
    'same',
  ],
  ['[wire A4] pausing', ['running', 'user_confirmed', 'awaiting_user_confirmation'], become('paused'), 'paused'],
  [
    'what rests cannot be paused',
    ['init', 'stopped', 'finished', 'rejected', 'error', 'awaiting_user_input', 'loading'],
    become('paused'),
    'same',
  ],
  ['the server may pause a start', ['loading'], become('paused', 'environment'), 'paused'],
  ['[wire A4] going on', ['paused', 'stopped', 'error', 'rejected'], become('running'), 'running'],
  [
    'going on needs a rest',
    ['init', 'loading', 'finished', 'awaiting_user_input', 'awaiting_user_confirmation'],
    become('running'),
    'same',
  ],
  ['[wire A4] stopping', all, become('stopped'), 'stopped'],
  ['[wire A4] the server reports an error', all, become('error', 'environment'), 'error'],
  ['clients report no errors', all.filter(name => name !== 'error'), become('error'), 'same'],
  ['clients finish by the action only', all.filter(name => name !== 'finished'), become('finished'), 'same'],
  ['clients do not start a session', all, become('init'), 'same'],
  ['[wire A4] the start is over', ['loading'], become('init', 'environment'), 'init'],
  ['a start is over once', all.filter(name => name !== 'loading'), become('init', 'environment'), 'same'],
  ['[wire A4] an action that has to be asked about waits', ['running'], risky(), 'awaiting_user_confirmation'],
  ['an action that is free does not wait', ['running'], run(), 'same'],
  ['[wire A4] a yes', ['awaiting_user_confirmation'], become('user_confirmed'), 'user_confirmed'],
  ['[wire A4] a no', ['awaiting_user_confirmation'], become('user_rejected'), 'user_rejected'],
  [
    'a yes without a question',
    all.filter(name => name !== 'awaiting_user_confirmation' && name !== 'user_confirmed'),
    become('user_confirmed'),
    'same',
  ],
  [
    'a no without a question',
    all.filter(name => name !== 'awaiting_user_confirmation' && name !== 'user_rejected'),
    become('user_rejected'),
    'same',
  ],
  [
    'an answer to another question',
    ['awaiting_user_confirmation'],
    become('user_confirmed', 'user', { cause: 0 }),
    'same',
  ],
  ['[wire A4] what was confirmed is done', ['user_confirmed'], ran(5), 'running'],
  ['[wire A4] what was rejected is answered', ['user_rejected'], rejected(5), 'awaiting_user_input'],
  [
    'another result does not end the waiting',
    ['user_confirmed', 'user_rejected', 'awaiting_user_confirmation'],
    ran(4),
    'same',
  ],
  ['a second initialize changes no state', all.filter(name => name !== 'error'), initialize(), 'same'],
  ['an initialize after a failure starts again', ['error'], initialize(), 'loading'],
  ['thoughts, null and errors change no state', all, { action: 'think', args: { thought: 'x' } }, 'same'],
  ['an error observation changes no state', all, { observation: 'error', content: 'x', extras: {} }, 'same'],
  ['the user’s own command changes no state', all, run('ls', { source: 'user' }), 'same'],
]
for (const [rule, from, draft, to] of transitions)
  for (const name of from)
    test(`${rule}: ${name} → ${to}`, () => {
      const before = deepFreeze(stateOf(name))
      assert.equal(after(before, draft).agentState, to === 'same' ? name : to)
    })

test('before initialize nothing happens', () => {
  for (const draft of [user(), become('running'), become('stopped'), finish(), asks(), told('init')])
    assert.equal(after(nothing, draft).agentState, null)
})

test('[wire D2.6] a task that came before the start begins when clients know that it is over', () => {
  const early = after(nothing, user(), initialize(), told('loading'))
  assert.deepEqual([early.agentState, early.task, early.announced], ['loading', 0, 'loading'])
  const over = after(early, become('init', 'environment'))
  assert.equal(over.agentState, 'init')
  const begun = after(over, told('init'))
  assert.deepEqual([begun.agentState, begun.announced], ['running', 'init'])
  assert.equal(after(begun, told('running')).announced, 'running')
  assert.equal(after(ready, told('init')).agentState, 'init', 'without a task it waits')
})

test('what clients were told is not what is so', () => {
  const state = after(running, told('paused'))
  assert.deepEqual([state.agentState, state.announced], ['running', 'paused'])
})

test('a message that the model has not seen overtakes a finish and a question', () => {
  for (const late of [
    finish({ seen: seen.next - 1 }),
    asks('?', { seen: seen.next - 1 }),
    reject({ seen: seen.next - 1 }),
  ]) {
    const state = after(seen, user('wait'), late)
    assert.equal(state.agentState, 'running')
    assert.ok(hasUnread(state))
  }
  const read = after(seen, user('wait'), finish({ seen: seen.next }))
  assert.equal(read.agentState, 'finished')
  assert.ok(!hasUnread(read))
})

test('a finish of the user ends whatever is unread', () => {
  assert.equal(after(running, finish({ source: 'user' })).agentState, 'finished')
})

test('[wire A4] confirm: the action is given free, carried out, and the agent goes on', () => {
  const asked = after(seen, risky())
  assert.equal(awaited(asked)?.id, asked.next - 1)
  const confirmed = after(asked, become('user_confirmed', 'user', { cause: asked.next - 1 }))
  assert.deepEqual(
    confirmed.open.map(open => open.approval),
    ['given'],
  )
  assert.ok(isRunning(confirmed))
  assert.equal(awaited(confirmed), undefined)
  const done = after(confirmed, ran(asked.next - 1))
  assert.deepEqual([done.agentState, done.open], ['running', []])
})

test('[S33] a yes is for one action: the next one is asked about again', () => {
  const two = after(seen, risky('a'), risky('b'))
  const first = seen.next
  const confirmed = after(two, become('user_confirmed'))
  assert.deepEqual(
    confirmed.open.map(open => open.approval),
    ['given', 'awaited'],
  )
  const next = after(confirmed, ran(first))
  assert.deepEqual([next.agentState, awaited(next)?.id], ['awaiting_user_confirmation', first + 1])
  assert.equal(after(next, become('user_confirmed', 'user', { cause: first })).agentState, 'awaiting_user_confirmation')
})

test('[S33] a yes that is given twice or too late changes nothing', () => {
  const confirmed = after(seen, risky(), become('user_confirmed'))
  assert.deepEqual(after(confirmed, become('user_confirmed')).open, confirmed.open)
  assert.deepEqual(after(confirmed, become('user_rejected')).open, confirmed.open)
  const stopped = after(seen, risky(), become('stopped'), become('user_confirmed'))
  assert.deepEqual([stopped.agentState, stopped.open.map(open => open.approval)], ['stopped', ['withdrawn']])
})

test('reject: the action is refused, what was to follow is withdrawn, the user’s own goes on', () => {
  const asked = after(seen, risky('a'), run('b'), run('mine', { source: 'user' }))
  const refused = after(asked, become('user_rejected'))
  assert.deepEqual(
    refused.open.map(open => open.approval),
    ['refused', 'withdrawn', 'free'],
  )
  const answered = after(refused, rejected(seen.next))
  assert.equal(answered.agentState, 'awaiting_user_input')
  assert.equal(after(refused, user('do c instead'), rejected(seen.next)).agentState, 'running')
})

test('stop: nothing that is open is carried out, and a message begins anew', () => {
  const stopped = after(seen, run('a'), risky('b'), become('stopped'))
  assert.deepEqual(
    stopped.open.map(open => open.approval),
    ['withdrawn', 'withdrawn'],
  )
  const again = after(stopped, user('again'))
  assert.deepEqual([again.agentState, again.open.length], ['running', 2])
  assert.deepEqual(after(again, ran(seen.next), ran(seen.next + 1)).open, [])
})

test('what an agent asks for after it was stopped is not carried out; the user’s own is', () => {
  const late = after(seen, become('stopped'), run('late'), risky('late'), run('mine', { source: 'user' }))
  assert.deepEqual(
    late.open.map(open => open.approval),
    ['withdrawn', 'withdrawn', 'free'],
  )
})

test('a message instead of an answer withdraws the question, and what has begun goes on', () => {
  const asked = after(seen, run('a'), risky('b'))
  const spoken = after(asked, user('do not'))
  assert.equal(spoken.agentState, 'running')
  assert.deepEqual(
    spoken.open.map(open => open.approval),
    ['free', 'withdrawn'],
  )
})

test('parallel calls are open in order, and each result closes its own', () => {
  const asked = after(seen, run('a'), run('b'), risky('c'))
  assert.equal(asked.agentState, 'running', 'the question is not yet the next thing')
  const first = seen.next
  const second = after(asked, ran(first + 1))
  assert.deepEqual(
    second.open.map(open => open.action.id),
    [first, first + 2],
  )
  const third = after(second, ran(first))
  assert.deepEqual([third.agentState, awaited(third)?.id], ['awaiting_user_confirmation', first + 2])
  assert.deepEqual(
    after(third, ran(first), ran(9_999)).open,
    third.open,
    'a second result, or one of nothing, changes nothing',
  )
})

test('the user’s own open command is nobody’s question', () => {
  const state = after(seen, risky('mine', { source: 'user' }), risky('a'))
  assert.equal(awaited(state)?.id, seen.next + 1)
})

test('limits count from when somebody last asked for more', () => {
  const worked = after(seen, run('a', costs(0.5)), ran(seen.next), run('b', costs(0.25)))
  assert.deepEqual([worked.steps, worked.stepsSinceAsked, worked.costSinceAsked], [2, 2, 0.75])
  assert.deepEqual(worked.usage, {
    cost: 0.75,
    costKnown: true,
    promptTokens: 20,
    completionTokens: 4,
    cacheReadTokens: 8,
  })
  for (const more of [[user('go on')], [become('paused'), become('running')]]) {
    const state = after(worked, ...more)
    assert.deepEqual([state.steps, state.stepsSinceAsked, state.costSinceAsked, state.traces], [2, 0, 0, []])
    assert.equal(state.usage.cost, 0.75)
  }
  const free = after(worked, run('c', costs(null)))
  assert.deepEqual([free.usage.cost, free.usage.costKnown, free.steps], [0.75, false, 3])
})

test('why a session rests is known until it works again', () => {
  const args = { agent_state: 'error', thought: 'stuck' }
  const halted = after(seen, { action: 'change_agent_state', source: 'environment', args })
  assert.equal(halted.trouble, 'stuck')
  assert.equal(after(halted, user()).trouble, null)
  assert.equal(after(halted, become('running')).trouble, null)
})

test('settings add up, and the first message is the task and the title', () => {
  const state = after(
    nothing,
    initialize({ model: 'a', language: 'en' }),
    initialize({ model: 'b' }),
    user(`\n  ${'😀'.repeat(60)}\nmore`),
    user('second'),
  )
  assert.deepEqual(state.settings, { model: 'b', language: 'en' })
  assert.deepEqual([state.task, state.lastUserMessage], [2, 3])
  assert.ok(
    state.title.length <= 80 && state.title.isWellFormed() && state.title.startsWith('😀') && state.title.endsWith('…'),
  )
  assert.deepEqual([state.created, state.updated, state.next], [TIME, TIME, 4])
})

test('what the model forgets only grows, and its size is counted anew', () => {
  const condense = (forget_before: number, kept_size: number): object => ({
    observation: 'condense',
    source: 'environment',
    content: '',
    extras: { forget_before, kept_size },
  })
  const state = after(seen, condense(3, 500))
  assert.deepEqual([state.forgetBefore, state.viewSize], [3, 500])
  assert.equal(after(state, condense(2, 9)).forgetBefore, 3)
  assert.equal(after(state, user('12345')).viewSize, 500 + 105)
  assert.equal(
    after(state, { observation: 'condense', content: 'older versions say no more', extras: {} }).forgetBefore,
    3,
  )
})

test('mayBecome agrees with the fold', () => {
  for (const [name, state] of Object.entries(states))
    for (const wanted of agentStates)
      for (const source of ['user', 'environment']) {
        const may = mayBecome(state, wanted, source === 'environment')
        const changed = after(state, become(wanted, source)).agentState !== name
        assert.equal(changed, may, `${name} → ${wanted} by ${source}`)
      }
})

/* ---- any log ---- */

const text = fc.oneof(fc.constantFrom('', 'a', 'b'), fc.string({ maxLength: 20 }))
const oneOf = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const draft = fc.oneof(
  text.map(content => ({ action: 'message', args: { content, wait_for_response: content === 'a' } })),
  text.map(command => ({
    action: 'run',
    args: { command, ...(command === 'b' ? { confirmation_state: 'awaiting_confirmation' } : {}) },
  })),
  text.map(code => ({ action: 'run_ipython', args: { code } })),
  oneOf(...agentStates).map(agent_state => ({ action: 'change_agent_state', args: { agent_state } })),
  oneOf<object>(
    { action: 'initialize', args: { model: 'm' } },
    { action: 'finish', args: {} },
    { action: 'reject', args: {} },
    { action: 'think', args: { thought: 'hm' } },
    { action: 'plan', args: { items: [{ text: 'x', state: 'doing' }] } },
    { action: 'plan', args: { items: [] } },
    { action: 'null', args: {} },
    { action: 'start', args: { task: 't' } },
    { observation: 'null', extras: {} },
    { observation: 'user_rejected', content: 'no', extras: {} },
    { observation: 'condense', extras: { forget_before: 5, kept_size: 5 } },
  ),
  oneOf(...agentStates).map(agent_state => ({ observation: 'agent_state_changed', extras: { agent_state } })),
  text.map(content => ({ observation: 'error', content, extras: {} })),
  text.map(content => ({ observation: 'run_ipython', content, extras: { code: 'x' } })),
  text.map(content => ({ observation: 'run', content, extras: { command: content, exit_code: 0 } })),
)
const anything = fc.record({
  draft,
  source: oneOf('user', 'agent', 'environment'),
  back: fc.nat(8),
  answers: fc.boolean(),
  unseen: fc.nat(5),
})

test('folding is total and pure, and the state is always one that can be', () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 60 }), drafts => {
      let state = nothing
      for (const [id, { draft, source, back, answers, unseen }] of drafts.entries()) {
        const cause = answers && id > back ? { cause: id - back - 1 } : {}
        const view = id > unseen ? { seen: id - unseen - 1 } : {}
        const event = deepFreeze(
          parseEvent({ id, timestamp: TIME, message: '', source, ...cause, ...view, ...draft }) as Event,
        ) // the envelope is complete
        const again = fold(deepFreeze(state), event)
        assert.deepEqual(fold(state, event), again)
        assert.ok(sizeOf(event) > 0)
        assert.deepEqual(JSON.parse(JSON.stringify(again)), again, 'a snapshot holds everything')
        state = again
        assert.equal(state.next, id + 1)
        assert.ok(state.traces.length <= TRACES && state.seen < state.next && state.lastUserMessage < state.next)
        assert.equal(new Set(state.open.map(open => open.action.id)).size, state.open.length)
        if (state.agentState === 'running') assert.equal(awaited(state), undefined, 'what runs has no open question')
        if (state.agentState === 'stopped')
          assert.ok(state.open.every(open => open.approval === 'withdrawn' || open.action.source !== 'agent'))
      }
    }),
    { numRuns: 300 },
  )
})

test('what is known does not grow with the log', () => {
  let state = after(nothing, initialize({ model: 'm' }), become('init', 'environment'), told('init'))
  let before = 0
  for (let round = 0; round < 2_000; round++) {
    const id = state.next
    state = after(
      state,
      user('x'.repeat(500)),
      run(`command ${round} ${'y'.repeat(500)}`, costs(0.1)),
      ran(id + 1, { content: 'z'.repeat(500) }),
      asks('?', { seen: id }),
    )
    if (round === 100) before = JSON.stringify(state).length
  }
  assert.ok(JSON.stringify(state).length < before + 100)
})

test('[C10] the newest plan counts, until it is dropped; it changes no state and counts in the size of the prompt', () => {
  const plan = (...steps: readonly [text: string, state: string][]): object => ({
    action: 'plan',
    args: { items: steps.map(([text, state]) => ({ text, state })) },
  })
  const working = after(nothing, initialize(), become('init', 'environment'), user())
  assert.equal(working.plan, null)
  const first = after(working, plan(['look', 'doing'], ['mend', 'open']))
  const second = after(first, run(), plan(['look', 'done'], ['mend', 'doing']), user('go on'))
  assert.deepEqual(
    first.plan?.items.map(({ state }) => state),
    ['doing', 'open'],
  )
  assert.deepEqual(second.plan, {
    event: first.next + 1,
    items: [
      { text: 'look', state: 'done' },
      { text: 'mend', state: 'doing' },
    ],
  })
  assert.deepEqual([first.agentState, first.open], [working.agentState, working.open])
  assert.equal(after(second, plan()).plan, null)
  const long = after(working, plan(...Array.from({ length: 50 }, (): [string, string] => ['x'.repeat(500), 'open'])))
  assert.ok(long.viewSize - working.viewSize > 25_000)
})

test('every action that nobody carries out leaves nothing open', () => {
  const args: Record<string, object> = {
    start: { task: 't' },
    message: { content: '' },
    think: { thought: '' },
    plan: { items: [{ text: 't', state: 'open' }] },
    add_task: { parent: '', goal: '' },
    modify_task: { task_id: 1, state: '' },
    change_agent_state: { agent_state: 'paused' },
    rename: { title: 't' },
    restore: { checkpoint: 'c', label: '', before: 'd' },
    amend: { message: 0, content: null },
    forget: { approval: null },
    summarize: { summary: '' },
    run: { command: '' },
    run_ipython: { code: '' },
    browse: { url: '' },
    browse_interactive: { browser_actions: '' },
    read: { path: '' },
    write: { path: '', content: '' },
    edit: { path: '' },
    delegate: { agent: '', inputs: {} },
  }
  const opening = actionNames.filter(action => after(seen, { action, args: args[action] ?? {} }).open.length > 0)
  assert.deepEqual(opening, ['run', 'run_ipython', 'browse', 'browse_interactive', 'read', 'write', 'edit', 'delegate'])
})

test('[P30] what waits for the model can be changed and taken back; what it has read cannot', () => {
  const amend = (message: number, content: string | null): object => ({
    action: 'amend',
    source: 'user',
    args: { message, content },
  })
  const { next: task } = after(nothing, initialize(), become('init', 'environment'))
  const working = after(nothing, initialize(), become('init', 'environment'), user('first'), run('ls', { seen: task }))
  assert.deepEqual([working.task, working.queue], [task, []])
  const waiting = after(working, user('second'), user('third'))
  const [second = -1, third = -1] = waiting.queue
  assert.deepEqual(waiting.queue, [working.next, working.next + 1])
  assert.equal(hasUnread(waiting), true)
  assert.deepEqual(after(waiting, amend(second, 'better')).queue, [second, third])
  const one = after(waiting, amend(third, null))
  assert.deepEqual([one.queue, one.lastUserMessage, hasUnread(one)], [[second], second, true])
  const none = after(one, amend(second, null))
  assert.deepEqual([none.queue, hasUnread(none)], [[], false])
  assert.deepEqual({ ...after(none, amend(second, 'again')), next: 0, viewSize: 0 }, { ...none, next: 0, viewSize: 0 })
  const read = after(waiting, { action: 'think', args: { thought: '' }, seen: third })
  assert.deepEqual(read.queue, [])
  assert.equal(after(read, amend(second, null)).lastUserMessage, third)
})

test('[P30] a task that is taken back before anybody read it was never given; one that is changed is the new one', () => {
  const started = after(nothing, initialize(), user('Do this'))
  const { task } = started
  const changed = after(started, { action: 'amend', source: 'user', args: { message: task, content: 'Do that' } })
  assert.deepEqual([changed.task, changed.title, changed.taskAmended], [task, 'Do that', changed.next - 1])
  const back = after(changed, { action: 'amend', source: 'user', args: { message: task, content: null } })
  assert.deepEqual([back.task, back.title, back.taskAmended, hasUnread(back)], [null, '', null, false])
  const ready = after(back, become('init', 'environment'), {
    observation: 'agent_state_changed',
    source: 'environment',
    extras: { agent_state: 'init' },
  })
  assert.equal(ready.agentState, 'init', 'nothing is begun')
})

test('[P30] the newest names that clients gave are remembered, and no more of them', () => {
  let state = after(nothing, initialize())
  for (let i = 0; i < CLIENT_IDS + 5; i++) state = after(state, { ...user('x'), client_id: `c${i}` })
  assert.equal(state.clientIds.length, CLIENT_IDS)
  assert.deepEqual([state.clientIds[0], state.clientIds.at(-1)], ['c5', `c${CLIENT_IDS + 4}`])
})

test('[P16] what is quarantined is known, the later word counts, and it is forgotten with the event', () => {
  const refused = (...quarantined: object[]): object => ({
    observation: 'error',
    source: 'environment',
    extras: { error_id: 'quarantine', quarantined },
  })
  const state = after(
    nothing,
    initialize(),
    user('look'),
    refused({ event: 1, what: 'pictures' }, { event: 5, what: 'all' }),
    refused({ event: 1, what: 'all' }),
  )
  assert.deepEqual(state.quarantined, [
    { event: 5, what: 'all' },
    { event: 1, what: 'all' },
  ])
  const condensed = after(state, { observation: 'condense', source: 'environment', extras: { forget_before: 6 } })
  assert.deepEqual(condensed.quarantined, [{ event: 1, what: 'all' }], 'of the task it is still to be known')
})
