import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { actionNames, type ClientFrame, type ErrorFrame, parseClientFrame, parseEvent } from './index.ts'

function accepted(json: unknown): ClientFrame {
  const parsed = parseClientFrame(json)
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error.message)
  return parsed.frame
}
function refused(json: unknown): ErrorFrame {
  const parsed = parseClientFrame(json)
  assert.ok(!parsed.ok, 'the frame was accepted')
  return parsed.error
}

test('[wire D2.1] the frame of the seed starts a task', () => {
  assert.deepEqual(accepted({ action: 'start', args: { task: 'write a bash script that prints hello' } }), {
    kind: 'start',
    task: 'write a bash script that prints hello',
  })
})

test('a refusal names the frame that it is for as its client has named it', () => {
  assert.equal(refused({ action: 'message', args: {}, client_id: 'mine' }).client_id, 'mine')
  assert.equal(refused({ action: 'nothing', client_id: 'mine' }).client_id, 'mine')
  assert.equal('client_id' in refused({ action: 'message', args: {} }), false)
  assert.equal('client_id' in refused({ action: 'message', args: {}, client_id: 7 }), false)
})

const initializers: readonly [string, object, object][] = [
  ['nothing', {}, { settings: {} }],
  [
    'the names of the seed',
    { model: 'gpt-4o', directory: './w', agent_cls: 'CodeActAgent' },
    { settings: { model: 'gpt-4o', directory: './w', agent_cls: 'CodeActAgent' } },
  ],
  [
    'the names of 0.13.1',
    {
      LLM_MODEL: 'anthropic/claude-3-5-sonnet-20241022',
      LLM_BASE_URL: 'http://b',
      AGENT: 'CodeActAgent',
      LANGUAGE: 'en',
      LLM_API_KEY: 'sk-1',
      CONFIRMATION_MODE: false,
      SECURITY_ANALYZER: '',
    },
    {
      settings: {
        model: 'anthropic/claude-3-5-sonnet-20241022',
        base_url: 'http://b',
        agent_cls: 'CodeActAgent',
        language: 'en',
        confirmation: 'never',
      },
      apiKey: 'sk-1',
    },
  ],
  [
    '[wire A2.1] empty texts, which are as good as none',
    {
      LLM_MODEL: '',
      LLM_BASE_URL: ' ',
      AGENT: '',
      LANGUAGE: '',
      LLM_API_KEY: '',
      SECURITY_ANALYZER: '',
      model: '',
      directory: '',
      agent_cls: '',
    },
    { settings: {} },
  ],
  ['white space around a key', { LLM_API_KEY: ' sk-1\n' }, { settings: {}, apiKey: 'sk-1' }],
  [
    'both spellings',
    { model: 'a', LLM_MODEL: 'b', agent_cls: 'A', AGENT: 'B' },
    { settings: { model: 'a', agent_cls: 'A' } },
  ],
  [
    '[wire A8.8] confirmation without an analyzer',
    { CONFIRMATION_MODE: true },
    { settings: { confirmation: 'always' } },
  ],
  [
    '[wire A8.8] confirmation with an analyzer',
    { CONFIRMATION_MODE: true, SECURITY_ANALYZER: 'invariant' },
    { settings: { confirmation: 'cautious', security_analyzer: 'invariant' } },
  ],
  ['our own confirmation', { CONFIRMATION_MODE: true, confirmation: 'never' }, { settings: { confirmation: 'never' } }],
  ['limits', { MAX_ITERATIONS: 5, max_budget: 0.5 }, { settings: { max_iterations: 5, max_budget: 0.5 } }],
  ['settings of other pages', { REMOTE_RUNTIME: 8, theme: 'dark' }, { settings: {} }],
]
for (const [name, args, expected] of initializers)
  test(`initialize with ${name}`, () =>
    assert.deepEqual(accepted({ action: 'initialize', args }), { kind: 'initialize', ...expected }))

test('initialize needs no arguments', () =>
  assert.deepEqual(accepted({ action: 'initialize' }), { kind: 'initialize', settings: {} }))

test('[wire A2.2] a message is an event of the user, its time and the old names are understood', () => {
  const args = { content: 'text', images_urls: ['data:image/png;base64,AA'], timestamp: '2024-11-12T16:27:06.123Z' }
  assert.deepEqual(accepted({ action: 'message', args }), {
    kind: 'act',
    draft: {
      action: 'message',
      source: 'user',
      args: { content: 'text', image_urls: ['data:image/png;base64,AA'], wait_for_response: false },
    },
  })
})

test('[wire A2.4] a run carries the old name of its confirmation and a timeout', () => {
  const frame = accepted({
    action: 'run',
    args: { command: 'ls -la', hidden: false, is_confirmed: 'rejected' },
    timeout: 5,
  })
  assert.ok(frame.kind === 'act' && frame.draft.action === 'run')
  assert.deepEqual([frame.draft.args.confirmation_state, frame.draft.timeout], ['rejected', 5])
})

test('[wire A2] envelopes that clients make up are not believed', () => {
  const frame = accepted({
    id: 5,
    source: 'agent',
    timestamp: 'x',
    cause: 3,
    seen: 9,
    action: 'message',
    args: { content: 'x' },
  })
  assert.ok(frame.kind === 'act')
  assert.deepEqual(Object.keys(frame.draft).sort(), ['action', 'args', 'source'])
  assert.equal(frame.draft.source, 'user')
})

for (const agent_state of ['paused', 'running', 'stopped', 'user_confirmed', 'user_rejected'])
  test(`[wire A2.3] change_agent_state to ${agent_state}`, () => {
    const frame = accepted({ action: 'change_agent_state', args: { agent_state } })
    assert.ok(frame.kind === 'act' && frame.draft.action === 'change_agent_state')
    assert.equal(frame.draft.args.agent_state, agent_state)
  })

test('[P30] what a client sends may have a name of its own; it stands beside the arguments, whatever is sent', () => {
  const named = { client_id: 'c-1' }
  const said = parseClientFrame({ action: 'message', args: { content: 'x' }, ...named })
  assert.ok(said.ok && said.frame.kind === 'act')
  assert.equal(said.frame.draft.client_id, 'c-1')
  assert.ok(!('client_id' in said.frame.draft.args))
  const started = parseClientFrame({ action: 'start', args: { task: 'x' }, ...named })
  assert.deepEqual(started, { ok: true, frame: { kind: 'start', task: 'x', clientId: 'c-1' } })
  for (const client_id of ['', 'x'.repeat(101), 7])
    assert.ok(!parseClientFrame({ action: 'message', args: { content: 'x' }, client_id }).ok)
})

test('[J4] an approval may reach further, and what was allowed can be forgotten', () => {
  const args = { agent_state: 'user_confirmed', remember: 'exactly' }
  const approval = accepted({ action: 'change_agent_state', args, cause: 3 })
  assert.ok(approval.kind === 'act' && approval.draft.action === 'change_agent_state')
  assert.deepEqual([approval.draft.args.remember, approval.draft.cause], ['exactly', 3])
  for (const id of [3, null]) {
    const forget = accepted({ action: 'forget', args: { approval: id } })
    assert.ok(forget.kind === 'act' && forget.draft.action === 'forget')
    assert.equal(forget.draft.args.approval, id)
  }
})

test('[P12] "retry now" is no event', () => {
  assert.deepEqual(parseClientFrame({ action: 'retry_now' }), { ok: true, frame: { kind: 'retry_now' } })
})

const bad: readonly [name: string, json: unknown, field: string, says: RegExp][] = [
  ['text', 'hello', 'frame', /object/],
  ['a number', 5, 'frame', /object/],
  ['null', null, 'frame', /object/],
  ['a list', [{ action: 'message' }], 'frame', /object/],
  ['no action', {}, 'action', /needs the name of an action, as in \{"action":"message"/],
  ['an observation', { observation: 'run', content: '', extras: {} }, 'action', /needs the name of an action/],
  ['an action that is no text', { action: 5 }, 'action', /needs the name/],
  [
    'an unknown action',
    { action: 'dance', args: {} },
    'action',
    /"dance" is not an action; use one of initialize, start, message/,
  ],
  ['a mistyped action', { action: 'mesage', args: {} }, 'action', /did you mean "message"\?/],
  ['a name that every object has', { action: '__proto__', args: {} }, 'action', /not an action/],
  ['another such name', { action: 'toString', args: {} }, 'action', /not an action/],
  ['an action that is the server’s', { action: 'summarize', args: { summary: 'x' } }, 'action', /not for clients/],
  ['a plan, which is the agent’s', { action: 'plan', args: { items: [] } }, 'action', /not for clients/],
  ['the null action', { action: 'null', args: {} }, 'action', /not for clients/],
  ['arguments that are no object', { action: 'message', args: 'hi' }, 'args', /args is an object/],
  ['null as arguments', { action: 'message', args: null }, 'args', /args is an object/],
  ['no arguments', { action: 'message' }, 'args.content', /expected string/],
  ['a missing argument', { action: 'start', args: {} }, 'args.task', /expected string/],
  ['an empty task', { action: 'start', args: { task: '' } }, 'args.task', /Too small|>=1/],
  [
    'an argument of the wrong type',
    { action: 'run', args: { command: ['ls'] } },
    'args.command',
    /expected string, received array/,
  ],
  [
    'an unknown argument',
    { action: 'message', args: { content: 'x', colour: 'red' } },
    'args.colour',
    /no such argument; leave it out/,
  ],
  [
    'a wrong image',
    { action: 'message', args: { content: 'x', image_urls: [5] } },
    'args.image_urls.0',
    /expected string/,
  ],
  [
    'an unknown state',
    { action: 'change_agent_state', args: { agent_state: 'dancing' } },
    'args.agent_state',
    /"running"/,
  ],
  [
    'the docstring’s name of the state',
    { action: 'change_agent_state', args: { state: 'paused' } },
    'args.agent_state',
    /./,
  ],
  [
    'a timeout that is no number',
    { action: 'run', args: { command: 'x' }, timeout: 'soon' },
    'timeout',
    /number of seconds/,
  ],
  ['a negative timeout', { action: 'run', args: { command: 'x' }, timeout: -1 }, 'timeout', /./],
  [
    'an approval that reaches somewhere else',
    { action: 'change_agent_state', args: { agent_state: 'user_confirmed', remember: 'always' }, cause: 3 },
    'args.remember',
    /"exactly" or "kind"; leave it out/,
  ],
  [
    'a refusal that reaches further',
    { action: 'change_agent_state', args: { agent_state: 'user_rejected', remember: 'kind' }, cause: 3 },
    'args.remember',
    /only an approval/,
  ],
  [
    'an approval that reaches further and does not say from where',
    { action: 'change_agent_state', args: { agent_state: 'user_confirmed', remember: 'kind' } },
    'cause',
    /names the action/,
  ],
  ['nothing to forget', { action: 'forget', args: {} }, 'args.approval', /id of an approval, or null/],
  ['something odd to forget', { action: 'forget', args: { approval: 'all' } }, 'args.approval', /or null for all/],
  ['a wrong setting', { action: 'initialize', args: { MAX_ITERATIONS: 0 } }, 'args.MAX_ITERATIONS', /./],
  ['a model that is no text', { action: 'initialize', args: { LLM_MODEL: 5 } }, 'args.LLM_MODEL', /expected string/],
  ['a wrong confirmation', { action: 'initialize', args: { confirmation: 'maybe' } }, 'args.confirmation', /"never"/],
]
for (const [name, json, field, says] of bad)
  test(`[wire D2.1] a frame with ${name} is answered with the field that is wrong`, () => {
    const error = refused(json)
    assert.deepEqual([error.error, error.code, error.field], [true, 'invalid_frame', field])
    assert.match(error.message, says)
    assert.ok(error.message.length < 1_000)
  })

test('[wire D2.1] understanding a frame is total, and what is accepted is an event', () => {
  const args = fc.dictionary(
    fc.oneof(
      fc.constantFrom(
        'content',
        'command',
        'task',
        'path',
        'agent_state',
        'image_urls',
        'is_confirmed',
        'LLM_MODEL',
        '__proto__',
      ),
      fc.string(),
    ),
    fc.oneof(fc.string(), fc.jsonValue(), fc.constantFrom('paused', 'confirmed')),
    { maxKeys: 4 },
  )
  const frame = fc.record(
    {
      action: fc.oneof(fc.constantFrom(...actionNames), fc.string()),
      args: fc.oneof(args, fc.jsonValue()),
      timeout: fc.oneof(fc.integer(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.anything(), frame), json => {
      const parsed = parseClientFrame(json)
      if (!parsed.ok) assert.ok(parsed.error.message !== '' && parsed.error.field !== '')
      else if (parsed.frame.kind === 'act') parseEvent(parsed.frame.draft)
    }),
    { numRuns: 1_000 },
  )
})
