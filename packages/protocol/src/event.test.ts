import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as z from 'zod'
import { type Dialect, describe, encode, type LooseEvent, parseEvent } from './index.ts'

const older = '2021-08-01T12:00:00'
const head = { id: 42, source: 'agent', timestamp: older }
const shell = 'echo "Hello world"'

interface Vector {
  readonly rule: string
  readonly json: object
  /** Told by the vector; elsewhere whatever `describe` says. */
  readonly says?: string
  readonly dialect?: Dialect
}

const roundTrips: readonly Vector[] = [
  {
    rule: '[wire C1] message with an envelope',
    json: {
      ...head,
      action: 'message',
      args: { content: 'This is a test.', image_urls: null, wait_for_response: false },
    },
    says: 'This is a test.',
  },
  {
    rule: '[wire C1] message',
    json: { action: 'message', args: { content: 'This is a test.', image_urls: null, wait_for_response: false } },
  },
  {
    rule: '[wire C1] finish',
    json: { action: 'finish', args: { outputs: {}, thought: '' } },
    says: "All done! What's next on the agenda?",
  },
  {
    rule: '[wire C1] reject',
    json: { action: 'reject', args: { outputs: {}, thought: '' } },
    says: 'Task is rejected by the agent.',
  },
  {
    rule: '[wire C1] run',
    json: {
      action: 'run',
      args: {
        blocking: false,
        command: shell,
        thought: '',
        keep_prompt: true,
        hidden: false,
        confirmation_state: 'confirmed',
      },
    },
  },
  {
    rule: '[wire C1] browse',
    json: { action: 'browse', args: { thought: '', url: 'https://www.example.com' } },
    says: 'Browsing URL: https://www.example.com',
  },
  {
    rule: '[wire C1] browse_interactive',
    json: {
      action: 'browse_interactive',
      args: { thought: '', browser_actions: 'goto("https://www.example.com")', browsergym_send_msg_to_user: '' },
    },
  },
  {
    rule: '[wire C1] read',
    json: { action: 'read', args: { path: '/path/to/file.txt', start: 0, end: -1, thought: 'None' } },
  },
  {
    rule: '[wire C1] write',
    json: {
      action: 'write',
      args: { path: '/path/to/file.txt', content: 'Hello world', start: 0, end: 1, thought: 'None' },
    },
  },
  {
    rule: '[wire C1] add_task',
    json: { action: 'add_task', args: { parent: 'Test parent', goal: 'Test goal', subtasks: [], thought: '' } },
  },
  {
    rule: '[wire C1] modify_task',
    json: { action: 'modify_task', args: { task_id: 1, state: 'Test state.', thought: '' } },
  },
  {
    rule: '[wire C2] run observation with an envelope',
    json: {
      ...head,
      observation: 'run',
      message: 'Command `ls -l` executed with exit code 0.',
      extras: { exit_code: 0, command: 'ls -l', command_id: 3, hidden: false, interpreter_details: '' },
      content: 'foo.txt',
    },
  },
  {
    rule: '[wire C2] run observation',
    json: {
      observation: 'run',
      extras: { exit_code: 0, command: 'ls -l', command_id: 3, hidden: false, interpreter_details: '' },
      message: 'Command `ls -l` executed with exit code 0.',
      content: 'foo.txt',
    },
  },
  {
    rule: '[wire C3] null observation',
    json: { id: 0, source: 'agent', observation: 'null', content: '', extras: {}, message: 'No observation' },
  },
  {
    rule: '[wire C3] message without a source',
    json: {
      id: 42,
      timestamp: '2020-01-01T23:59:58',
      action: 'message',
      message: 'This is a test.',
      args: { content: 'This is a test.', image_urls: null, wait_for_response: false },
    },
  },
  {
    rule: '[wire C10] run action',
    dialect: '0.20.0',
    json: {
      action: 'run',
      args: { blocking: false, command: shell, thought: '', hidden: false, confirmation_state: 'confirmed' },
    },
  },
  {
    rule: '[wire C10] run action',
    dialect: '0.21.1',
    json: {
      action: 'run',
      args: {
        blocking: false,
        command: shell,
        is_input: false,
        thought: '',
        hidden: false,
        confirmation_state: 'confirmed',
      },
    },
  },
  ...(['0.20.0', '0.21.1'] as const).flatMap((dialect): Vector[] => [
    {
      rule: '[wire C10] read action',
      dialect,
      json: {
        action: 'read',
        args: {
          path: '/path/to/file.txt',
          start: 0,
          end: -1,
          thought: 'None',
          impl_source: 'default',
          translated_ipython_code: '',
        },
      },
    },
    {
      rule: '[wire C10] message',
      dialect,
      json: { action: 'message', args: { content: 'x', image_urls: ['data:'], wait_for_response: true } },
    },
    {
      rule: '[wire C10] finish',
      dialect,
      json: { action: 'finish', args: { outputs: { a: 1 }, thought: 'Done.' } },
      says: 'Done.',
    },
    {
      rule: '[wire C10] run observation',
      dialect,
      json: {
        ...head,
        observation: 'run',
        message: 'Command `ls -l` executed with exit code 0.',
        extras: { command: 'ls -l', hidden: false, metadata: metadata(0) },
        content: 'foo.txt',
        success: true,
      },
    },
    {
      rule: '[wire C10] failed run observation without an envelope',
      dialect,
      json: {
        observation: 'run',
        message: 'Command `ls -l` executed with exit code 1.',
        extras: { command: 'ls -l', hidden: false, metadata: metadata(1) },
        content: 'foo.txt',
        success: false,
      },
    },
  ]),
]

function metadata(exit_code: number): object {
  return {
    exit_code,
    hostname: null,
    pid: -1,
    prefix: '',
    py_interpreter_path: null,
    suffix: '',
    username: null,
    working_dir: null,
  }
}

function said(event: LooseEvent): LooseEvent {
  return { ...event, message: describe(event) }
}

for (const { rule, json, says, dialect = '0.13.1' } of roundTrips)
  test(`${rule}, ${dialect}, there and back`, () => {
    const event = parseEvent(json)
    const again = encode(said(event), dialect)
    const { message, ...rest } = again
    assert.deepEqual('message' in json ? again : rest, json)
    assert.equal(message, says ?? ('message' in json ? json.message : describe(event)))
    assert.deepEqual(
      parseEvent(JSON.parse(JSON.stringify(said(event)))),
      said(event),
      'what is kept is read back unchanged',
    )
  })

test('[wire C1] [wire C2] the form of a run for comparison has neither envelope nor confirmation', () => {
  const run = parseEvent({ ...head, source: undefined, action: 'run', args: { command: shell } })
  assert.deepEqual(encode(said(run), 'memory'), { action: 'run', args: { command: shell, thought: '', hidden: false } })
  const cell = parseEvent({ action: 'run_ipython', args: { code: '1' } })
  assert.ok('action' in cell && 'confirmation_state' in cell.args)
  assert.deepEqual(encode(cell, 'memory').args, { code: '1', thought: '', include_extra: true, kernel_init_code: '' })
  const extras = { exit_code: 0, command: 'ls -l', command_id: 3, hidden: false, interpreter_details: '' }
  const observed = parseEvent({ observation: 'run', extras, content: 'foo.txt', message: 'x', cause: 1 })
  assert.deepEqual(encode(observed, 'memory'), { observation: 'run', extras, content: 'foo.txt' })
})

test('[wire C10] what older versions wrote is read', () => {
  const run = parseEvent({ action: 'run', args: { command: 'x', keep_prompt: false, is_confirmed: 'rejected' } })
  assert.deepEqual(encode(run, '0.21.1').args, {
    command: 'x',
    is_input: false,
    thought: '',
    blocking: false,
    hidden: false,
    confirmation_state: 'rejected',
  })
  assert.equal('keep_prompt' in Object(encode(run, '0.20.0').args), false)
  const extras = { command: 'ls -l', hidden: false, exit_code: 0, command_id: 3 }
  const observed = parseEvent({ observation: 'run', content: 'foo.txt', extras })
  assert.deepEqual(encode(observed, '0.21.1'), {
    observation: 'run',
    content: 'foo.txt',
    extras: { command: 'ls -l', hidden: false, metadata: { ...metadata(0), pid: 3 } },
    success: true,
  })
  const images = parseEvent({ action: 'message', args: { content: 'x', images_urls: ['data:'] } })
  assert.ok('action' in images && images.action === 'message')
  assert.deepEqual(images.args.image_urls, ['data:'])
})

test('[wire A8.2] the editor’s fields are kept, and no page is sent them', () => {
  const args = { path: '/a', command: 'insert', insert_line: 3, new_str: 'x', impl_source: 'oh_aci' }
  const edit = parseEvent({ action: 'edit', args })
  assert.ok('action' in edit && edit.action === 'edit')
  assert.deepEqual([edit.args.command, edit.args.insert_line], ['insert', 3])
  assert.deepEqual(encode(edit, '0.13.1').args, { path: '/a', content: '', start: 1, end: -1, thought: '' })
  assert.deepEqual(encode(edit, '0.21.1').args, {
    path: '/a',
    content: '',
    start: 1,
    end: -1,
    thought: '',
    impl_source: 'oh_aci',
    translated_ipython_code: '',
  })
})

const wrong: readonly [string, unknown, string][] = [
  ['an unknown action', { action: 'dance', args: {} }, 'action'],
  ['an unknown observation', { observation: 'dance' }, 'observation'],
  ['a name that every object has', { action: 'constructor', args: {} }, 'action'],
  ['no name at all', { args: {} }, 'action'],
  ['no arguments', { action: 'run' }, 'args'],
  ['a missing argument', { action: 'run', args: {} }, 'args.command'],
  ['an argument of the wrong type', { action: 'run', args: { command: 5 } }, 'args.command'],
  ['a wrong id', { id: -1, action: 'null', args: {} }, 'id'],
  ['a wrong source', { source: 'robot', action: 'null', args: {} }, 'source'],
  ['wrong extras', { observation: 'agent_state_changed', extras: { agent_state: 'dancing' } }, 'extras.agent_state'],
  [
    'wrong metadata',
    { observation: 'run', extras: { command: 'x', metadata: { exit_code: 'x' } } },
    'extras.metadata.exit_code',
  ],
  ['a wrong exit code', { observation: 'run', extras: { command: 'x', exit_code: 'x' } }, 'extras.exit_code'],
]
for (const [name, json, field] of wrong)
  test(`an event with ${name} is refused by the name of the field`, () => {
    assert.throws(
      () => parseEvent(json),
      error => error instanceof z.ZodError && error.issues.some(issue => issue.path.join('.') === field),
    )
  })

test('parsing an event is total: an event or a ZodError', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.record({ action: fc.string(), args: fc.jsonValue() }), likelyEvent),
      json => {
        try {
          const event = parseEvent(json)
          assert.deepEqual(parseEvent(JSON.parse(JSON.stringify(event))), event)
          for (const dialect of ['0.13.1', '0.20.0', '0.21.1', 'memory'] as const)
            JSON.stringify(encode(event, dialect))
          assert.equal(typeof describe(event), 'string')
        } catch (error) {
          assert.ok(error instanceof z.ZodError, String(error))
        }
      },
    ),
    { numRuns: 500 },
  )
})

const likelyEvent = fc.oneof(
  fc.record({
    observation: fc.constantFrom('run', 'error', 'browse'),
    content: fc.string(),
    extras: fc.dictionary(
      fc.constantFrom('command', 'exit_code', 'metadata', 'error_id', 'url'),
      fc.oneof(fc.string(), fc.integer(), fc.record({ exit_code: fc.integer() })),
    ),
  }),
  fc.record({
    action: fc.constantFrom('run', 'message', 'edit', 'initialize'),
    args: fc.dictionary(fc.constantFrom('command', 'content', 'path', 'model', 'is_confirmed'), fc.string()),
  }),
)
