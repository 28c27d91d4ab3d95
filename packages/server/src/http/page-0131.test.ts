import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Event, parseEvent } from '@openhands/protocol'
import { eventFor0131, frameFor0131, localTime, statesFor0131, type Telling } from './page-0131.ts'

const time = '2024-11-12T16:27:06.123Z'
const local = localTime(new Date(time))

function event(fields: object): Event {
  const whole = { id: 7, timestamp: time, source: 'agent', message: 'm', ...fields }
  return parseEvent(whole) as Event // the envelope is whole
}

function shown(fields: object, telling: Telling): Record<string, unknown> | undefined {
  const frame = eventFor0131(event(fields), telling)
  return frame && JSON.parse(JSON.stringify(frame))
}

const run = { action: 'run', args: { command: 'ls' } }
const ran = { observation: 'run', content: 'out', cause: 3, extras: { command: 'ls', exit_code: 0 } }
const failed = { observation: 'error', content: 'no', cause: 3, extras: {} }
const cell = { observation: 'run_ipython', content: '1', cause: 3, extras: { code: '1' } }
const says = { action: 'message', args: { content: 'x' } }
const becomes = { action: 'change_agent_state', args: { agent_state: 'paused' } }
const state = { observation: 'agent_state_changed', extras: { agent_state: 'paused' } }
const nothing = [
  { action: 'null', args: {} },
  { observation: 'null', extras: {} },
  { action: 'initialize', args: {} },
  { action: 'start', args: { task: 'x' } },
  { action: 'think', args: { thought: 'x' } },
  { action: 'plan', args: { items: [{ text: 'x', state: 'doing' }] } },
  { action: 'rename', args: { title: 'x' } },
  { action: 'summarize', args: { summary: 'x' } },
  { observation: 'condense', extras: {} },
  { observation: 'chat', extras: {} },
]

test('[wire A3.1] what was typed elsewhere is told as the user’s', () => {
  const said = { ...says, source: 'user' }
  assert.deepEqual(eventFor0131(event(said), 'live', true), undefined)
  assert.equal(Object(eventFor0131(event(said), 'live', false)).source, 'user')
  assert.deepEqual(eventFor0131(event({ ...run, source: 'user' }), 'live', false), undefined)
})

describe('[wire A3.1] [wire D1.5] [wire D1.7] what is told live, and from whom it comes', () => {
  const table: [what: string, fields: object, source: string, told: string | undefined][] = [
    ['what the agent says', says, 'agent', 'agent'],
    ['what the agent runs', run, 'agent', 'agent'],
    ['what came of it', ran, 'agent', 'agent'],
    ['what a cell of the agent gave', cell, 'agent', 'agent'],
    ['the output of what the user typed', ran, 'user', 'user'],
    ['the failure of what the user typed', failed, 'user', 'agent'],
    ['what the user says', says, 'user', undefined],
    ['what the user runs', run, 'user', undefined],
    ['what a cell of the user gave', cell, 'user', undefined],
    ['the state that the user asks for', becomes, 'user', undefined],
    ['a state', state, 'environment', 'agent'],
    ['output without an agent', ran, 'environment', 'agent'],
    ['a failure of one action', failed, 'environment', 'agent'],
    ['a state that the server asks for', becomes, 'environment', undefined],
    ['a notice of the server', says, 'environment', 'agent'],
  ]
  for (const [what, fields, source, told] of table)
    test(what, () => assert.equal(shown({ ...fields, source }, 'live')?.source, told))
})

test('[wire A1.3] replay tells everything as it is kept, but states, and nothing that the page does not know', () => {
  for (const source of ['user', 'agent', 'environment']) {
    for (const fields of [says, run, ran, failed, cell])
      assert.equal(shown({ ...fields, source }, 'replay')?.source, source, JSON.stringify(fields))
    for (const fields of [becomes, state]) assert.equal(shown({ ...fields, source }, 'replay'), undefined)
    for (const fields of nothing)
      for (const telling of ['live', 'replay'] as const)
        assert.equal(shown({ ...fields, source }, telling), undefined, JSON.stringify(fields))
  }
  const timed = shown({ ...run, timeout: 120 }, 'replay')
  assert.equal(timed?.timeout, undefined)
  assert.equal(Object(timed?.args).blocking, false)
  const live = shown({ ...run, timeout: 120 }, 'live')
  assert.deepEqual([live?.timeout, Object(live?.args).blocking], [120, true])
})

test('[wire D2.9] hidden commands and their outputs are not repeated; live, the output goes out as hidden', () => {
  const command = 'export GITHUB_TOKEN=canary'
  const hidden = { action: 'run', source: 'user', args: { command, hidden: true } }
  const output = { ...ran, source: 'user', extras: { command, exit_code: 0, hidden: true } }
  assert.equal(shown(hidden, 'replay'), undefined)
  assert.equal(shown(output, 'replay'), undefined)
  assert.equal(shown(hidden, 'live'), undefined)
  assert.equal(Object(shown(output, 'live')?.extras).hidden, true)
})

test('[wire A3.2] [wire D1.18] times are local, with microseconds and without a zone', () => {
  assert.match(local, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.123000$/)
  assert.equal(new Date(local).getTime(), new Date(time).getTime(), 'the same moment')
  assert.equal(shown(says, 'live')?.timestamp, local)
  assert.equal(localTime(new Date(2024, 0, 2, 3, 4, 5, 6)), '2024-01-02T03:04:05.006000')
})

test('[wire C12] the transcript of the original, byte for byte but for the command in front of its output (D1.8)', () => {
  const head = `"id":7,"timestamp":"${local}","source":`
  const table: [fields: object, json: string][] = [
    [
      { ...state, source: 'environment', message: '', extras: { agent_state: 'loading' } },
      `{${head}"agent","message":"","observation":"agent_state_changed","content":"","extras":{"agent_state":"loading"}}`,
    ],
    [
      {
        action: 'run',
        message: 'Running command: echo foo',
        args: { command: 'echo foo', thought: 'thinking' },
        timeout: 120,
      },
      `{${head}"agent","message":"Running command: echo foo","action":"run","args":{"command":"echo foo","thought":"thinking","blocking":true,"keep_prompt":true,"hidden":false,"confirmation_state":"confirmed"},"timeout":120}`,
    ],
    [
      {
        ...ran,
        message: 'Command `echo foo` executed with exit code 0.',
        content: 'foo\n',
        extras: { command: 'echo foo', exit_code: 0 },
      },
      `{${head}"agent","message":"Command \`echo foo\` executed with exit code 0.","cause":3,"observation":"run","content":"echo foo\\r\\nfoo","extras":{"command_id":-1,"command":"echo foo","exit_code":0,"hidden":false,"interpreter_details":""}}`,
    ],
    [
      {
        ...ran,
        source: 'user',
        message: 'Command `echo term` executed with exit code 0.',
        content: 'term\n',
        extras: { command: 'echo term', exit_code: 0 },
      },
      `{${head}"user","message":"Command \`echo term\` executed with exit code 0.","cause":3,"observation":"run","content":"term","extras":{"command_id":-1,"command":"echo term","exit_code":0,"hidden":false,"interpreter_details":""}}`,
    ],
    [
      { ...failed, source: 'user', message: 'no' },
      `{${head}"agent","message":"no","cause":3,"observation":"error","content":"no","extras":{"error_id":""}}`,
    ],
    [
      { observation: 'error', source: 'environment', content: 'kaboom', extras: { error_id: 'internal' } },
      '{"status_update":true,"type":"error","id":"","message":"kaboom"}',
    ],
  ]
  for (const [fields, json] of table) assert.equal(JSON.stringify(eventFor0131(event(fields), 'live')), json)
  const refused = { error: true, code: 'invalid_json', message: 'Invalid JSON' } as const
  assert.equal(JSON.stringify(frameFor0131(refused)), '{"error":true,"message":"Invalid JSON"}')
})

test('[wire A3.5] troubles of the session are statuses live, with an id only where the page has a headline for it', () => {
  const trouble = (error_id: string): object => ({
    ...failed,
    source: 'environment',
    cause: undefined,
    extras: { error_id },
  })
  const ids: [string, string][] = [
    ['STATUS$ERROR_LLM_AUTHENTICATION', 'STATUS$ERROR_LLM_AUTHENTICATION'],
    ['STATUS$ERROR_RUNTIME_DISCONNECTED', 'STATUS$ERROR_RUNTIME_DISCONNECTED'],
    ['max_iterations', ''],
    ['__proto__', ''],
  ]
  for (const [kept, id] of ids)
    assert.deepEqual(shown(trouble(kept), 'live'), { status_update: true, type: 'error', id, message: 'no' })
  assert.equal(shown(trouble('max_iterations'), 'replay')?.observation, 'error')
})

test('[wire D1.8] the terminal’s lines end as on a terminal, whatever they ended with', () => {
  const content = (fields: object): unknown => shown({ ...ran, ...fields }, 'replay')?.content
  assert.equal(content({ content: 'a\nb\r\nc\n\n' }), 'ls\r\na\r\nb\r\nc')
  assert.equal(content({ content: '' }), 'ls')
  assert.equal(content({ source: 'user', content: 'a\r\n' }), 'a')
  assert.equal(content({ extras: { command: 'a\nb', exit_code: 0 } }), 'a\r\nb\r\nout')
})

test('[wire A4] a state that the page does not know is told as one that it does', () => {
  const limited = { ...state, source: 'environment', extras: { agent_state: 'rate_limited' } }
  assert.deepEqual(shown(limited, 'live')?.extras, { agent_state: 'running' })
})

test('[P13] a question about what the page would not show is asked in the chat', () => {
  const asked = { confirmation_state: 'awaiting_confirmation', security_risk: 2, thought: 'I must.' }
  const table: [fields: object, text: RegExp][] = [
    [
      { action: 'write', message: 'Writing file: /a', args: { path: '/a', content: 'x```y', ...asked } },
      /^I must\.\n\nWriting file: \/a\n````\nx```y\n````$/,
    ],
    [
      { action: 'edit', args: { path: '/a', old_str: 'o', new_str: 'n', ...asked } },
      /Editing file: \/a\n```\no\n```\n```\nn\n```$/,
    ],
    [{ action: 'read', message: 'Reading file: /a', args: { path: '/a', ...asked } }, /Reading file: \/a$/],
    [{ action: 'browse_interactive', message: 'go', args: { browser_actions: 'x', ...asked } }, /\n\ngo$/],
  ]
  for (const [fields, text] of table) {
    const { id, action, args } = shown(fields, 'live') ?? {}
    assert.deepEqual([id, action, Object(args).security_risk], [7, 'message', 2])
    assert.match(Object(args).content, text)
  }
  const command = shown({ action: 'run', args: { command: 'rm x', ...asked } }, 'live')
  assert.deepEqual([command?.action, Object(command?.args).confirmation_state], ['run', 'awaiting_confirmation'])
  assert.equal(shown({ action: 'write', args: { path: '/a', content: 'x' } }, 'live')?.action, 'write')
})

test('[wire A1.4] [wire D1.6] after an initialize comes init, then the state of a session that has one', () => {
  const told = (before: string | null, now: string | null = before): readonly string[] => {
    const at = (agentState: string | null): Parameters<typeof statesFor0131>[0] =>
      ({ agentState }) as Parameters<typeof statesFor0131>[0] // only the state is looked at
    return statesFor0131(at(before), at(now))
  }
  for (const state of ['running', 'paused', 'awaiting_user_input', 'finished', 'awaiting_user_confirmation'])
    assert.deepEqual(told(state), ['loading', 'init', state])
  for (const state of ['init', 'stopped', 'rejected', 'user_rejected'])
    assert.deepEqual(told(state), ['loading', 'init'])
  assert.deepEqual(told('loading'), ['loading'], 'the log will tell of init')
  assert.deepEqual(told(null, 'loading'), [], 'the log tells everything')
  assert.deepEqual(told('error', 'loading'), [], 'as above: it is tried again')
})
