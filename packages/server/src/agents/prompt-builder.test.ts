import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Event, fold, type LooseEvent, nothing, parseEvent } from '@openhands/protocol'
import fc from 'fast-check'
import type { ModelMessage } from '../core/ports.ts'
import { createPromptBuilder } from './prompt-builder.ts'

const TIME = '2026-01-02T03:04:05.000Z'

function log(...drafts: readonly object[]): Event[] {
  return drafts.map((draft, id) => {
    const loose: LooseEvent = parseEvent({ id, timestamp: TIME, message: '', source: 'agent', ...draft })
    return loose as Event // the envelope is complete
  })
}

const user = (content: string, more: object = {}): object => ({
  action: 'message',
  source: 'user',
  args: { content, ...more },
})
const says = (content: string, more: object = {}): object => ({
  action: 'message',
  args: { content, wait_for_response: true },
  ...more,
})
const called = (response: string, call: string, name = 'execute_bash'): object => ({
  tool_call_metadata: { function_name: name, tool_call_id: call, model_response: { id: response, model: 'm' } },
})
const metrics = (response: string): object => ({
  llm_metrics: { model: 'm', response_id: response, cost: null, prompt_tokens: 1, completion_tokens: 1 },
})
const run = (command: string, response: string, call: string, more: object = {}): object => ({
  action: 'run',
  args: { command },
  ...called(response, call),
  ...more,
})
const ran = (cause: number, content: string, exit_code = 0, more: object = {}): object => ({
  observation: 'run',
  cause,
  content,
  extras: { command: 'x', exit_code, metadata: { exit_code, working_dir: '/workspace' }, ...more },
})

const build = (history: readonly Event[], images = true): readonly ModelMessage[] =>
  createPromptBuilder('SYSTEM')(history, images)

function textOf(message: ModelMessage | undefined): string {
  if (message?.role === 'user')
    return message.parts.map(part => (part.type === 'text' ? part.text : part.url)).join('|')
  if (message?.role === 'tool') return message.results.map(result => result.output).join('|')
  return message?.text ?? ''
}
const roles = (messages: readonly ModelMessage[]): string => messages.map(({ role }) => role).join(' ')

test('[P01] a call, its result and an answer become messages in the order that providers want', () => {
  const messages = build(
    log(user('hi'), run('ls', 'r1', 'c1', { args: { command: 'ls', thought: 'look' } }), ran(1, 'out'), says('done')),
  )
  assert.equal(roles(messages), 'system user assistant tool assistant user')
  assert.deepEqual(messages[2], {
    role: 'assistant',
    text: 'look',
    reasoning: [],
    calls: [{ id: 'c1', name: 'execute_bash', arguments: '{"command":"ls"}' }],
  })
  assert.deepEqual(messages[3], {
    role: 'tool',
    results: [
      {
        callId: 'c1',
        name: 'execute_bash',
        output: 'out\n[Current working directory: /workspace]\n[Command finished with exit code 0]',
        isError: false,
      },
    ],
  })
})

test('[P01] parallel calls are answered together in the order of the calls, also when one has no result', () => {
  const messages = build(
    log(user('hi'), run('a', 'r', 'c1'), run('b', 'r', 'c2'), run('c', 'r', 'c3'), ran(3, 'C'), ran(1, 'A')),
  )
  const tool = messages[3]
  assert.equal(tool?.role, 'tool')
  assert.deepEqual(tool.role === 'tool' && tool.results.map(({ callId, isError }) => [callId, isError]), [
    ['c1', false],
    ['c2', true],
    ['c3', false],
  ])
  assert.match(textOf(tool), /^A[\s\S]*\|\[No result: .*\]\|C/)
})

test('[P01] the first result of a call is its result; another one is told as what it is', () => {
  const messages = build(log(user('hi'), run('a', 'r', 'c1'), ran(1, 'first'), ran(1, 'second')))
  assert.equal(roles(messages), 'system user assistant tool user')
  assert.match(textOf(messages[3]), /^first\n/)
  assert.match(textOf(messages[4]), /^OBSERVATION:\nsecond\n/)
})

test('[P01] answers with the same response id are told apart by their metrics', () => {
  const messages = build(
    log(user('hi'), run('a', 'r', 'c1', metrics('r')), ran(1, 'A'), run('b', 'r', 'c2', metrics('r')), ran(3, 'B')),
  )
  assert.equal(roles(messages), 'system user assistant tool assistant tool')
})

test('[P01] words and the malformed calls of the same answer are one message with its results', () => {
  const messages = build(
    log(
      user('hi'),
      says('I try', metrics('r')),
      {
        observation: 'error',
        content: 'no such tool',
        extras: {},
        tool_call_metadata: {
          function_name: 'foo',
          tool_call_id: 'c1',
          model_response: { id: 'r', model: 'm' },
          arguments: '{"a":',
        },
      },
      run('b', 'r', 'c2'),
    ),
  )
  assert.equal(roles(messages), 'system user assistant tool')
  const [, , assistant, tool] = messages
  assert.deepEqual(assistant?.role === 'assistant' && assistant.calls, [
    { id: 'c1', name: 'foo', arguments: '{"a":' },
    { id: 'c2', name: 'execute_bash', arguments: '{"command":"b"}' },
  ])
  assert.equal(assistant?.role === 'assistant' && assistant.text, 'I try')
  assert.match(textOf(tool), /^no such tool\n\[Error occurred in processing last action\]\|\[No result/)
})

test('[P01] think and finish have results of their own, and a new task may follow', () => {
  const messages = build(
    log(
      user('hi'),
      { action: 'think', args: { thought: 'hm' }, ...called('r1', 'c1', 'think') },
      { action: 'finish', args: { thought: 'all done' }, ...called('r2', 'c2', 'finish') },
      user('more'),
    ),
  )
  assert.equal(roles(messages), 'system user assistant tool assistant tool user')
  assert.equal(textOf(messages[3]), 'Your thought has been logged.')
  assert.match(textOf(messages[5]), /finished/)
  assert.deepEqual(messages[4]?.role === 'assistant' && [messages[4].text, messages[4].calls[0]?.arguments], [
    '',
    '{"message":"all done"}',
  ])
})

test('[C10] a plan is shown whole, and says how far it is', () => {
  const items = [
    { text: 'look', state: 'done' },
    { text: 'mend', state: 'doing' },
  ]
  const messages = build(
    log(
      user('hi'),
      { action: 'plan', args: { items }, ...called('r1', 'c1', 'plan') },
      { action: 'plan', args: { items: [] }, ...called('r2', 'c2', 'plan') },
    ),
  )
  assert.equal(roles(messages), 'system user assistant tool assistant tool')
  const [call] = messages[2]?.role === 'assistant' ? messages[2].calls : []
  assert.deepEqual([call?.name, JSON.parse(call?.arguments ?? '')], ['plan', { items }])
  assert.equal(textOf(messages[3]), 'The plan has been updated: 1 of 2 done.')
  assert.equal(textOf(messages[5]), 'The plan has been dropped.')
})

test('[P01] what the user wrote while the model was answering comes behind that answer', () => {
  const finish = { action: 'finish', args: { thought: 'done' }, ...called('r', 'c', 'finish'), seen: 0 }
  const messages = build(log(user('task'), user('wait!'), finish))
  assert.equal(roles(messages), 'system user assistant tool user')
  assert.equal(textOf(messages[1]), 'task')
  assert.equal(textOf(messages[4]), 'wait!')
})

test('[P01] a prompt never ends with words of the model', () => {
  const messages = build(log(user('task'), says('well')))
  assert.equal(roles(messages), 'system user assistant user')
})

test('[P01] the words of the server before the task are not the model’s', () => {
  assert.deepEqual(roles(build(log(says('no model is configured'), user('task')))), 'system user')
})

test('what was left out is noted where it is missing', () => {
  const all = log(user('task'), run('a', 'r1', 'c1'), ran(1, 'A'), run('b', 'r2', 'c2'), ran(3, 'B'), user('go'))
  const kept = all.filter(event => event.id === 0 || event.id >= 3)
  assert.equal(textOf(build(kept)[1]), 'task|[2 events were left out here to save space.]')
  const orphan = all.filter(event => event.id === 0 || event.id >= 4)
  assert.match(textOf(build(orphan)[1]), /^task\|\[3 events .*\]\|OBSERVATION:\nB\n/)
  const again = all.filter(event => event.id === 0 || event.id >= 5)
  assert.match(textOf(build(again)[1]), /^task\|\[4 events .*\]\|go$/)
})

test('[wire A8.3] commands of the user are told with their output, hidden ones never', () => {
  const own = { action: 'run', source: 'user', args: { command: 'ls' } }
  const messages = build(
    log(
      user('hi'),
      own,
      ran(1, 'a.txt', 0, { command: 'ls' }),
      { ...own, args: { command: 'export T=1', hidden: true } },
      ran(3, 'secret', 0, { command: 'export T=1', hidden: true }),
    ).map(event => ('observation' in event ? { ...event, source: 'user' } : event) as Event),
  )
  assert.equal(roles(messages), 'system user')
  assert.match(textOf(messages[1]), /^hi\|User executed the command: ls\na\.txt\n/)
  assert.doesNotMatch(textOf(messages[1]), /secret|export/)
})

test('the machinery of a session is not shown', () => {
  const messages = build(
    log(
      { action: 'initialize', source: 'user', args: { model: 'm' } },
      { observation: 'agent_state_changed', source: 'environment', extras: { agent_state: 'init' } },
      user('hi'),
      { action: 'change_agent_state', source: 'user', args: { agent_state: 'paused' } },
      { observation: 'error', source: 'environment', content: 'Agent reached maximum iteration', extras: {} },
      { observation: 'null', extras: {} },
      { action: 'null', args: {} },
    ),
  )
  assert.deepEqual(messages, [
    { role: 'system', text: 'SYSTEM' },
    { role: 'user', parts: [{ type: 'text', text: 'hi' }] },
  ])
})

test('[wire C7] images go to models that take them and are noted for others', () => {
  const png = 'data:image/png;base64,AAAA'
  const history = log(user('one', { image_urls: [png, png] }), user('two', { image_urls: [png, 'http://x/1.png'] }))
  const message = build(history)[1]
  assert.equal(
    textOf(message).replaceAll(png, 'P'),
    'one|P|P|two|P|[The user attached 1 image(s) that are not shown: they are not image data.]',
  )
  assert.equal(
    textOf(build(history, false)[1]),
    'one|[The user attached 2 image(s) that are not shown: this model does not take images.]|' +
      'two|[The user attached 2 image(s) that are not shown: this model does not take images.]',
  )
})

test('[P16] half characters, NUL and escapes never reach a prompt', () => {
  const messages = build(
    log(
      user('a\ud800b\0c'),
      run('echo "\udc00"\0', 'r', 'c1'),
      ran(1, '\x1b[31mred\x1b[0m\ud83d \x1b]0;title\x07end'),
      {
        observation: 'error',
        content: 'bad \ud800',
        extras: {},
        ...called('r2', 'c2'),
        tool_call_metadata: { function_name: 'f', tool_call_id: 'c2', arguments: '{"a":"\\ud800 \\ud83d\\ude00"' },
      },
    ),
  )
  const text = JSON.stringify(messages)
  assert.ok(text.isWellFormed())
  assert.doesNotMatch(text, /\\u0000|\\u001b|\\ud800/)
  assert.match(text, /red\ufffd end/)
})

test('[P16] an observation is cut in the middle to 30,000 characters', () => {
  const messages = build(log(user('x'), run('a', 'r', 'c'), ran(1, `HEAD${'😀'.repeat(40_000)}TAIL`, 7)))
  const text = textOf(messages[3])
  assert.ok(text.length < 30_200 && text.length > 29_900)
  assert.ok(text.isWellFormed() && !text.includes('\ufffd'))
  assert.match(
    text,
    /^HEAD[\s\S]*\n\[\.\.\. Observation truncated due to length \.\.\.\]\n[\s\S]*TAIL\n[\s\S]*exit code 7\]$/,
  )
})

test('an unchanged history gives the same message objects again, and only new events are rendered', () => {
  const builder = createPromptBuilder('SYSTEM')
  const history = log(user('task'))
  let before = builder([...history], true)
  for (let step = 0; step < 50; step++) {
    const at = history.length
    history.push(
      ...log(
        ...Array.from({ length: at }, () => user('')),
        run(`c${step}`, `r${step}`, `i${step}`, { seen: at - 1 }),
      ).slice(at),
    )
    if (step % 5 === 0)
      history.push(...log(...Array.from({ length: at + 1 }, () => user('')), user('and')).slice(at + 1))
    const last = history.length
    history.push(...log(...Array.from({ length: last }, () => user('')), ran(at, 'out')).slice(last))
    const after = builder([...history], true)
    for (const [index, message] of before.entries()) assert.equal(after[index], message)
    assert.deepEqual(after, build(history))
    before = after
  }
  const cut = [history[0], ...history.slice(60)].filter(event => event !== undefined)
  assert.deepEqual(builder(cut, true), build(cut))
  assert.deepEqual(builder(history, true), build(history))
})

/* ---- any log ---- */

const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('', ' ', '\0', '\ud800', '\x1b[0m', 'text'),
)
const meta = fc.option(
  fc.record({
    function_name: fc.constantFrom('execute_bash', 'think', ''),
    tool_call_id: fc.constantFrom('', 'a', 'b', 'c'),
    model_response: fc.option(fc.record({ id: fc.constantFrom('r1', 'r2', 'r3'), model: fc.constant('m') }), {
      nil: undefined,
    }),
    arguments: fc.option(words, { nil: undefined }),
  }),
  { nil: undefined },
)
const source = fc.constantFrom('user', 'agent', 'agent', 'environment')
const action = fc.oneof(
  words.map(content => ({ action: 'message', args: { content } })),
  words.map(command => ({ action: 'run', args: { command, thought: command } })),
  words.map(path => ({ action: 'read', args: { path, impl_source: 'oh_aci' } })),
  words.map(old_str => ({ action: 'edit', args: { path: 'p', command: 'str_replace', old_str } })),
  words.map(thought => ({ action: 'think', args: { thought } })),
  words.map(thought => ({ action: 'finish', args: { thought } })),
  fc.constantFrom(
    { action: 'browse', args: { url: 'http://x' } },
    { action: 'run_ipython', args: { code: '1' } },
    { action: 'reject', args: {} },
    { action: 'initialize', args: {} },
    { action: 'change_agent_state', args: { agent_state: 'stopped' } },
    { action: 'null', args: {} },
  ),
)
const observation = fc.oneof(
  words.map(content => ({ observation: 'run', content, extras: { command: content, exit_code: -1, hidden: false } })),
  words.map(content => ({ observation: 'error', content, extras: {} })),
  words.map(content => ({ observation: 'user_rejected', content, extras: {} })),
  fc.constantFrom(
    { observation: 'null', extras: {} },
    { observation: 'agent_state_changed', extras: { agent_state: 'running' } },
    { observation: 'condense', content: 'c', extras: {} },
  ),
)
const event = fc.record({
  body: fc.oneof(action, observation),
  source,
  meta,
  back: fc.option(fc.nat(6), { nil: undefined }),
  metrics: fc.boolean(),
  seenBack: fc.option(fc.nat(4), { nil: undefined }),
  skip: fc.boolean(),
})

function assertSound(messages: readonly ModelMessage[]): void {
  assert.equal(messages[0]?.role, 'system')
  assert.equal(messages[1]?.role, 'user')
  assert.notEqual(messages.at(-1)?.role, 'assistant')
  for (const [index, message] of messages.entries()) {
    const next = messages[index + 1]
    if (message.role === 'user') {
      assert.ok(message.parts.length > 0)
      for (const part of message.parts) assert.ok(part.type === 'image' || part.text.trim() !== '')
      assert.ok(next === undefined || next.role === 'assistant', 'a user message is followed by an answer')
    } else if (message.role === 'tool') {
      assert.ok(next === undefined || next.role !== 'tool', 'results are together')
      for (const { output } of message.results) assert.notEqual(output.trim(), '')
      assert.equal(messages[index - 1]?.role, 'assistant')
    } else if (message.role === 'assistant') {
      assert.ok(message.text.trim() !== '' || message.calls.length > 0, 'an answer is not empty')
      const ids = message.calls.map(call => call.id)
      assert.equal(new Set(ids).size, ids.length)
      assert.ok(ids.every(id => id !== '') && message.calls.every(call => call.name !== ''))
      assert.deepEqual(next?.role === 'tool' ? next.results.map(({ callId }) => callId) : [], ids)
      assert.notEqual(next?.role, 'assistant')
    } else assert.equal(index, 0)
    assert.ok(JSON.stringify(message).isWellFormed() && !/\\ud[89a-f]/i.test(JSON.stringify(message)))
  }
}

test('[P01] any log gives a prompt in which every call has exactly one result directly after it', () => {
  const builder = createPromptBuilder('S')
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), fc.boolean(), (drafts, images) => {
      const history: Event[] = []
      let state = nothing
      for (const [id, { body, source, meta, back, metrics: costs, seenBack, skip }] of drafts.entries()) {
        const cause = back === undefined || id - back - 1 < 0 || 'action' in body ? {} : { cause: id - back - 1 }
        const seen = seenBack === undefined || id - seenBack - 1 < 0 ? {} : { seen: id - seenBack - 1 }
        const loose: LooseEvent = parseEvent({
          ...body,
          id,
          timestamp: TIME,
          message: '',
          source,
          ...cause,
          ...seen,
          ...(meta === undefined ? {} : { tool_call_metadata: JSON.parse(JSON.stringify(meta)) }),
          ...(costs ? metrics('r') : {}),
        })
        const one = loose as Event // the envelope is complete
        state = fold(state, one)
        if (id === 0 || !skip) history.push(one)
        if (id % 3 === 0) assertSound(builder([...history], images))
      }
      assertSound(builder(history, images))
      assert.deepEqual(builder(history, images), createPromptBuilder('S')(history, images))
    }),
    { numRuns: 600 },
  )
})
