import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Draft, type Event, parseEvent } from '@openhands/protocol'
import { Calls, elementsOf, judgedElementsOf, type TraceElement } from './trace-elements.ts'

const event = (fields: object): Event | Draft => parseEvent({ source: 'agent', ...fields }) as Event | Draft // parsed just now
const call = (id: string, name: string, args: object): object => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})
const said = (content: string): object => ({ role: 'assistant', content })
const run = (args: object = {}): object => ({ action: 'run', args: { command: 'ls', ...args } })
const ran = { blocking: false, command: 'ls', hidden: false, keep_prompt: true, confirmation_state: 'confirmed' }
const thought = 'a thought'

const vectors: readonly [string, object, readonly object[]][] = [
  [
    'a message of the user',
    { action: 'message', source: 'user', args: { content: 'x' } },
    [{ role: 'user', content: 'x' }],
  ],
  ['a message of the agent', { action: 'message', args: { content: 'x' } }, [said('x')]],
  ['run', run({ thought: 'running ls' }), [said('running ls'), call('1', 'run', ran)]],
  [
    'run_ipython',
    { action: 'run_ipython', args: { code: 'print(1)' } },
    [
      call('1', 'run_ipython', {
        code: 'print(1)',
        include_extra: true,
        confirmation_state: 'confirmed',
        kernel_init_code: '',
      }),
    ],
  ],
  [
    'finish',
    { action: 'finish', args: { outputs: { content: 'outputs content' }, thought: 'finishing action' } },
    [said('finishing action'), call('1', 'finish', { outputs: { content: 'outputs content' } })],
  ],
  [
    'delegate',
    { action: 'delegate', args: { agent: 'VerifierAgent', inputs: { task: 'verify this task' }, thought } },
    [said(thought), call('1', 'delegate', { agent: 'VerifierAgent', inputs: { task: 'verify this task' } })],
  ],
  [
    'browse',
    { action: 'browse', args: { url: 'http://localhost:3000', thought } },
    [said(thought), call('1', 'browse', { url: 'http://localhost:3000' })],
  ],
  [
    'browse_interactive',
    { action: 'browse_interactive', args: { browser_actions: 'goto("x")', thought } },
    [said(thought), call('1', 'browse_interactive', { browser_actions: 'goto("x")', browsergym_send_msg_to_user: '' })],
  ],
  ['null', { action: 'null', args: {} }, []],
  ['change_agent_state', { action: 'change_agent_state', args: { agent_state: 'paused' } }, []],
  ['a changed state', { observation: 'agent_state_changed', extras: { agent_state: 'init' } }, []],
  ['a null observation', { observation: 'null', extras: {} }, []],
  [
    'another observation, without a call',
    { observation: 'run', content: 'foo', extras: { command: 'ls', exit_code: 0 } },
    [{ role: 'tool', content: 'foo', tool_call_id: null }],
  ],
]
describe('[wire C6] what a judge is told of', () => {
  for (const [name, fields, expected] of vectors)
    test(name, () => assert.deepEqual(elementsOf(event(fields), new Calls()), expected))
})

const more: readonly [string, object, readonly object[]][] = [
  [
    'what is typed into a running command says so',
    run({ is_input: true }),
    [call('1', 'run', { ...ran, is_input: true })],
  ],
  ['the judgement itself is left out', run({ security_risk: 2, security_reason: 'x' }), [call('1', 'run', ran)]],
  [
    'all that an edit would write',
    { action: 'edit', args: { path: 'a', command: 'str_replace', old_str: 'x', new_str: 'y' } },
    [
      call('1', 'edit', {
        path: 'a',
        content: '',
        start: 1,
        end: -1,
        command: 'str_replace',
        old_str: 'x',
        new_str: 'y',
      }),
    ],
  ],
  ['a thought', { action: 'think', args: { thought } }, [said(thought)]],
  [
    'a plan, in words',
    { action: 'plan', args: { items: [{ text: 'look', state: 'doing' }] } },
    [said('Plan: 0 of 1 done, now: look\n[~] look')],
  ],
  ['[S20] no settings', { action: 'initialize', source: 'user', args: { base_url: 'http://x' } }, []],
  ['[S20] no hidden command', { ...run({ hidden: true, command: 'export TOKEN=x' }), source: 'user' }, []],
  [
    '[S20] no hidden output',
    { observation: 'run', content: 'x', extras: { command: 'a', exit_code: 0, hidden: true } },
    [],
  ],
  ['nothing that the server says', { action: 'message', source: 'environment', args: { content: 'x' } }, []],
  ['no trouble of the server', { observation: 'error', source: 'environment', content: 'x', extras: {} }, []],
]
for (const [name, fields, expected] of more)
  test(`told: ${name}`, () => assert.deepEqual(elementsOf(event(fields), new Calls()), expected))

function toldOf(...events: readonly object[]): readonly TraceElement[] {
  const calls = new Calls()
  return events.flatMap((fields, id) => elementsOf(event({ id, ...fields }), calls))
}
const observed = (cause: number, content: string): object => ({
  observation: 'run',
  cause,
  content,
  extras: { command: 'x', exit_code: 0 },
})

test('an answer belongs to its own call, also when others were made since; without one to the last call', () => {
  const told = toldOf(run(), run(), observed(0, 'first'), observed(1, 'second'), {
    observation: 'error',
    content: 'lost',
    extras: {},
  })
  assert.deepEqual(
    told.flatMap(element => ('content' in element ? [element] : [])),
    [
      { role: 'tool', content: 'first', tool_call_id: '1' },
      { role: 'tool', content: 'second', tool_call_id: '2' },
      { role: 'tool', content: 'lost', tool_call_id: '2' },
    ],
  )
})

test('[S20] what comes of a hidden command is not told either, whatever it is', () => {
  const failed = { observation: 'error', cause: 0, content: 'export TOKEN=x: failed', extras: {} }
  assert.deepEqual(toldOf({ ...run({ hidden: true }), source: 'user' }, failed), [])
})

test('for people the calls carry how they were judged', () => {
  const judged = parseEvent({ id: 0, source: 'agent', ...run({ security_risk: 2, security_reason: 'Why.' }) }) as Event // parsed just now
  assert.deepEqual(judgedElementsOf(judged, new Calls()), [
    { ...call('1', 'run', ran), metadata: { security_risk: 2, security_reason: 'Why.' } },
  ])
})
