import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Event, encode, type LooseEvent, parseEvent, type Reasoning, SessionId } from '@openhands/protocol'
import fc from 'fast-check'
import type { FinishReason, Model, ModelChunk, ModelRequest, StepDraft, ToolCall } from '../core/ports.ts'
import { ModelError } from '../core/ports.ts'
import { agentNames, createAgents } from './catalogue.ts'
import { createCodeActAgent } from './code-act-agent.ts'
import { createPromptBuilder } from './prompt-builder.ts'

const session = SessionId.parse('0123456789abcdef0123456789abcdef')
const signal = new AbortController().signal

interface Said {
  readonly text?: string
  readonly calls?: readonly Partial<ToolCall>[]
  readonly reason?: FinishReason
  readonly reasoning?: Reasoning
  readonly response?: string
}

function chunksOf({ text, calls = [], reason = 'stop', reasoning, response = 'r1' }: Said): readonly ModelChunk[] {
  const metrics = {
    model: 'test/one',
    response_id: response,
    cost: 0.5,
    prompt_tokens: 1,
    completion_tokens: 2,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
  }
  return [
    ...(reasoning ? [{ type: 'reasoning-end', reasoning } as const] : []),
    ...(text === undefined ? [] : [{ type: 'text', delta: text } as const]),
    ...calls.map((call, index) => ({
      type: 'tool-call' as const,
      call: { id: `c${index}`, name: 'execute_bash', arguments: '{}', ...call },
    })),
    { type: 'finish', reason, metrics },
  ]
}

class ScriptedModel implements Model {
  readonly name = 'test/one'
  readonly contextTokens = 100_000
  readonly acceptsImages = true
  readonly requests: ModelRequest[] = []
  readonly #chunks: readonly ModelChunk[]
  constructor(chunks: readonly ModelChunk[]) {
    this.#chunks = chunks
  }
  async *stream(request: ModelRequest): AsyncIterable<ModelChunk> {
    this.requests.push(request)
    yield* this.#chunks
  }
}

function stored(drafts: readonly object[], from = 0): Event[] {
  return drafts.map((draft, index) => {
    const loose: LooseEvent = parseEvent({ ...draft, id: from + index, timestamp: 't', message: '' })
    return loose as Event // the envelope is complete
  })
}
const task = stored([{ action: 'message', source: 'user', args: { content: 'task' } }])

async function step(said: Said, history: readonly Event[] = task): Promise<readonly StepDraft[]> {
  const model = new ScriptedModel(chunksOf(said))
  const drafts = await createCodeActAgent().step({ session, history, model, onChunk: () => undefined }, signal)
  stored(drafts) // every draft is an event
  return drafts
}
const bash = (args: object | string, more: Partial<ToolCall> = {}): Partial<ToolCall> => ({
  name: 'execute_bash',
  arguments: typeof args === 'string' ? args : JSON.stringify(args),
  ...more,
})
const editor = (args: object): Partial<ToolCall> => ({ name: 'str_replace_editor', arguments: JSON.stringify(args) })
const plan = (items: unknown): Partial<ToolCall> => ({ name: 'plan', arguments: JSON.stringify({ items }) })
const contentOf = (draft: StepDraft | undefined): string =>
  draft === undefined ? 'none' : 'action' in draft ? draft.action : draft.content
const argsOf = (draft: StepDraft | undefined): object => (draft && 'action' in draft ? draft.args : {})

test('the agents are found by their names', () => {
  assert.deepEqual(agentNames, ['CodeActAgent'])
  assert.equal(createAgents()('CodeActAgent')?.name, 'CodeActAgent')
  assert.equal(createAgents()('constructor'), undefined)
})

test('[wire A8.2] a command becomes a run action with the words before it as its thought', async () => {
  const reasoning = { model: 'test/one', text: 'because' }
  const drafts = await step({ text: 'I look.', reasoning, calls: [bash({ command: 'ls' }, { id: 'toolu_1' })] })
  assert.deepEqual(drafts, [
    {
      action: 'run',
      source: 'agent',
      args: {
        command: 'ls',
        is_input: false,
        thought: 'I look.',
        blocking: false,
        keep_prompt: true,
        hidden: false,
        confirmation_state: 'confirmed',
      },
      tool_call_metadata: {
        function_name: 'execute_bash',
        tool_call_id: 'toolu_1',
        total_calls_in_response: 1,
        model_response: { id: 'r1', model: 'test/one' },
      },
      llm_metrics: {
        model: 'test/one',
        response_id: 'r1',
        cost: 0.5,
        prompt_tokens: 1,
        completion_tokens: 2,
        cache_read_tokens: 0,
        cache_write_tokens: 0,
      },
      reasoning: [reasoning],
    },
  ])
})

test('[wire A8.2] words without a call are a message that waits', async () => {
  const [message] = await step({ text: ' What next?\n' })
  assert.deepEqual(
    [contentOf(message), argsOf(message)],
    ['message', { content: 'What next?', image_urls: null, wait_for_response: true }],
  )
})

test('[wire B5] every tool has its actions, and the prompt shows the same calls again', async () => {
  const table: [Partial<ToolCall>, object][] = [
    [bash({ command: 'y', is_input: 'true', timeout: 5 }), { action: 'run', command: 'y', is_input: true }],
    [bash({ command: 'y', is_input: true }), { action: 'run', command: 'y', is_input: true }],
    [bash({ command: 'y', is_input: 'false' }), { action: 'run', command: 'y', is_input: false }],
    [bash({ command: 'ctrl+c' }), { action: 'run', command: 'C-c', is_input: true }],
    [bash({ command: '' }), { action: 'run', command: '', is_input: true }],
    [bash({ command: 'C-d' }), { action: 'run', command: 'C-d', is_input: true }],
    [
      editor({ command: 'view', path: '/a' }),
      { action: 'read', path: '/a', impl_source: 'oh_aci', view_range: undefined },
    ],
    [editor({ command: 'view', path: '/a', view_range: [2, -1] }), { action: 'read', view_range: [2, -1] }],
    [
      editor({ command: 'create', path: '/a', file_text: '' }),
      { action: 'edit', command: 'create', file_text: '', impl_source: 'oh_aci' },
    ],
    [
      editor({ command: 'str_replace', path: '/a', old_str: 'x' }),
      { action: 'edit', command: 'str_replace', old_str: 'x', new_str: '' },
    ],
    [
      editor({ command: 'str_replace', path: '/a', old_str: 'x', new_str: 'y', view_range: null }),
      { action: 'edit', new_str: 'y' },
    ],
    [
      editor({ command: 'insert', path: '/a', insert_line: 0, new_str: 'y' }),
      { action: 'edit', command: 'insert', insert_line: 0 },
    ],
    [editor({ command: 'undo_edit', path: '/a' }), { action: 'edit', command: 'undo_edit' }],
    [
      { name: 'think', arguments: '{"thought":"hm"}' },
      { action: 'think', thought: 'hm' },
    ],
    [
      { name: 'plan', arguments: '{"items":[{"text":" look ","state":"doing"},{"text":"mend","state":"open"}]}' },
      {
        action: 'plan',
        items: [
          { text: 'look', state: 'doing' },
          { text: 'mend', state: 'open' },
        ],
      },
    ],
    [
      { name: 'finish', arguments: '{"message":"done"}' },
      { action: 'finish', thought: 'done', outputs: {} },
    ],
    [
      { name: 'finish', arguments: '' },
      { action: 'finish', thought: '', outputs: {} },
    ],
  ]
  for (const [call, expected] of table) {
    const [draft, ...rest] = await step({ calls: [call] })
    assert.equal(rest.length, 0)
    assert.ok(draft && 'action' in draft, contentOf(draft))
    const found: Record<string, unknown> = { ...draft.args, action: draft.action }
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(found[key], value, `${call.arguments} ${key}`)
    const shown = createPromptBuilder('S')([...task, ...stored([draft], 1)], true).flatMap(message =>
      message.role === 'assistant' ? message.calls : [],
    )
    const again = await step({ calls: shown })
    assert.deepEqual(argsOf(again[0]), draft.args)
    assert.equal(shown[0]?.name, call.name)
  }
  const [timed] = await step({ calls: [bash({ command: 'y', timeout: 5 })] })
  assert.ok(timed && 'action' in timed && timed.timeout === 5)
})

test('[wire B5] small editor calls carry the code that older pages show', async () => {
  const [small, large] = await step({
    calls: [
      editor({ command: 'create', path: '/a', file_text: 'x' }),
      editor({ command: 'create', path: '/a', file_text: 'x'.repeat(2000) }),
    ],
  })
  const code = 'print(file_editor(**{"command":"create","path":"/a","file_text":"x"}))'
  assert.equal(
    'translated_ipython_code' in argsOf(small) && encode(stored([small ?? {}])[0] as Event, '0.21.1').action,
    'edit',
  )
  assert.equal((argsOf(small) as { translated_ipython_code?: string }).translated_ipython_code, code) // read in a test only
  assert.equal((argsOf(large) as { translated_ipython_code?: string }).translated_ipython_code, '') // as above
})

test('[P15] a malformed call becomes an error that names the fault, and its pair stays whole', async () => {
  const table: [Partial<ToolCall>, RegExp][] = [
    [
      { name: 'execute_bsh' },
      /^There is no tool named "execute_bsh"\. Did you mean execute_bash\? The tools are: execute_bash, finish, web_read, browser, execute_ipython_cell, str_replace_editor, think, plan\./,
    ],
    [{ name: '__proto__' }, /no tool named "__proto__"/],
    [{ name: '' }, /no tool named ""/],
    [{ name: 'x'.repeat(10_000_000) }, /no tool named "x{100}"/],
    [bash({}), /`command` is missing\. execute_bash takes command \(required\), is_input, timeout\./],
    [bash({ command: null }), /`command` is missing/],
    [bash({ command: 5 }), /`command` is wrong: expected string, received number/],
    [bash({ command: 'ls', cwd: '/' }), /there is no argument `cwd`/],
    [bash({ command: 'ls', is_input: 'perhaps' }), /`is_input` must be the text "true" or "false"/],
    [bash({ command: 'ls', timeout: -1 }), /`timeout`/],
    [bash({ command: 'ls', timeout: '5' }), /`timeout` is wrong: expected number, received string/],
    [bash('{"command":"ls","__proto__":{"command":"id"}}'), /there is no argument `__proto__`/],
    [bash('{"command":"ls'), /not a JSON object: .*Unterminated string/],
    [bash('{"command":"ls"} and more'), /not a JSON object: .*after JSON/],
    [bash('["ls"]'), /they are a list/],
    [bash('null'), /they are null/],
    [bash('true'), /they are a boolean/],
    [bash('"ls"'), /not a JSON object/],
    [bash('['.repeat(100_000)), /not a JSON object/],
    [bash(`{"command":"${'x'.repeat(5_000_000)}"}`), /are 5000014 characters long; at most 1000000/],
    [editor({ command: 'replace', path: '/a' }), /`command` is wrong: expected one of "view"/],
    [editor({ command: 'create', path: '/a' }), /`file_text` is needed by the command create/],
    [editor({ command: 'insert', path: '/a' }), /`insert_line` is needed .*; `new_str` is needed/],
    [editor({ command: 'view', path: '' }), /`path` must not be empty/],
    [editor({ command: 'view', path: '/a', view_range: [1] }), /`view_range`/],
    [{ name: 'think', arguments: '{}' }, /`thought` is missing/],
    [plan(undefined), /`items` is missing\. plan takes items \(required; a list of { text, state }\)\./],
    [plan('look'), /`items` is wrong: expected array, received string/],
    [plan(['look']), /`items\.0` is wrong: expected object, received string/],
    [
      plan([{ content: 'look', state: 'open' }]),
      /`items\.0\.text` is missing; there is no argument `content` in `items\.0`\. plan takes/,
    ],
    [
      plan([
        { text: 'look', state: 'done' },
        { text: 'mend', state: 'completed' },
      ]),
      /`items\.1\.state` is wrong: expected one of "open"\|"doing"\|"done"/,
    ],
    [plan([{ text: ' ', state: 'open' }]), /`items\.0\.text` must not be empty/],
    [plan([{ text: 'x'.repeat(501), state: 'open' }]), /`items\.0\.text` is too long: at most 500 characters/],
    [plan(Array(51).fill({ text: 'x', state: 'open' })), /`items` has too many steps: at most 50; put small ones/],
  ]
  for (const [call, expected] of table) {
    const [draft, ...rest] = await step({ calls: [call] })
    assert.equal(rest.length, 0)
    assert.ok(draft && 'observation' in draft, `${call.name} ${call.arguments?.slice(0, 50)}`)
    assert.match(draft.content, expected)
    assert.ok(draft.content.length < 2_000)
    assert.deepEqual([draft.source, draft.extras.error_id, draft.cause], ['agent', 'AGENT_ERROR$BAD_ACTION', undefined])
    const written = draft.tool_call_metadata?.arguments ?? 'none'
    assert.ok(written.length <= 20_000 && (call.arguments ?? '{}').startsWith(written))
    assert.match(draft.tool_call_metadata?.function_name ?? '', /^[\w-]{1,64}$/)
  }
})

test('[P15] arguments that were encoded twice are taken', async () => {
  const [draft] = await step({ calls: [bash(JSON.stringify(JSON.stringify({ command: 'ls' })))] })
  assert.ok(draft && 'action' in draft && draft.action === 'run' && draft.args.command === 'ls')
})

test('[P15] empty, strange and repeated ids become ids of their own', async () => {
  const earlier = stored([...(await step({ calls: [bash({ command: 'a' }, { id: 'dup' })] }))], 1)
  const calls = ['', '', 'dup', 'dup', 'a b', 'x'.repeat(999), 'functions.execute_bash:0'].map(id =>
    bash({ command: 'a' }, { id }),
  )
  const drafts = await step({ calls, response: 'chat/1' }, [...task, ...earlier])
  assert.deepEqual(
    drafts.map(draft => draft.tool_call_metadata?.tool_call_id),
    ['chat1-0', 'chat1-1', 'dup-2', 'dup-3', 'chat1-4', 'chat1-5', 'functions.execute_bash:0'],
  )
})

test('[P15] of 200 calls 32 are carried out and the model is told about the rest', async () => {
  const drafts = await step({
    calls: Array.from({ length: 200 }, (_, n) => bash({ command: `echo ${n}` }, { id: `c${n}` })),
  })
  assert.equal(drafts.length, 33)
  assert.ok(drafts.slice(0, 32).every(draft => 'action' in draft))
  assert.match(contentOf(drafts[32]), /Only the first 32 calls .* 168 were left out/)
})

test('[P15] equal faults within one answer differ, so that they are not taken for a loop', async () => {
  const drafts = await step({ calls: [bash({}), bash({}), bash({})] })
  assert.equal(new Set(drafts.map(contentOf)).size, 3)
})

test('[P15] an empty answer is an error that belongs to no call', async () => {
  for (const said of [{}, { text: '' }, { text: ' \n\0' }]) {
    const [draft, ...rest] = await step(said)
    assert.equal(rest.length, 0)
    assert.ok(draft && 'observation' in draft)
    assert.equal(draft.content, 'The model returned an empty answer.')
    assert.equal(draft.tool_call_metadata, undefined)
    assert.ok(draft.llm_metrics)
  }
  assert.match(contentOf((await step({ reason: 'content-filter' }))[0]), /content filter/)
})

test('an answer that was cut off is continued', async () => {
  const [cut] = await step({ calls: [bash('{"command":"cat > a <<')], reason: 'length' })
  assert.match(contentOf(cut), /^The answer was cut off .*\n.*not a JSON object/)
  const [words, error] = await step({ text: 'Once upon a', reason: 'length' })
  assert.deepEqual(argsOf(words), { content: 'Once upon a', image_urls: null, wait_for_response: false })
  assert.match(contentOf(error), /cut off/)
  assert.match(contentOf((await step({ reason: 'length' }))[0]), /cut off/)
})

test('calls around a finish keep their pairs', async () => {
  const finish = { name: 'finish', arguments: '{"message":"ok"}' }
  const after = await step({ text: 'bye', calls: [finish, bash({ command: 'ls' })] })
  assert.deepEqual(after.map(contentOf), [
    'message',
    'finish',
    'Not executed: the task was finished by an earlier call of the same answer.',
  ])
  const before = await step({ calls: [bash({ command: 'ls' }), finish] })
  assert.deepEqual(
    before.map(contentOf).map(text => text.slice(0, 30)),
    ['run', 'Not executed: other calls of t'],
  )
  const failing = await step({ calls: [bash({}), finish] })
  assert.match(contentOf(failing[1]), /^Not executed: other calls/)
  const thinking = await step({ calls: [{ name: 'think', arguments: '{"thought":"x"}' }, finish] })
  assert.deepEqual(thinking.map(contentOf), ['think', 'finish'])
})

test('words that no action has room for become a message that does not wait', async () => {
  const drafts = await step({ text: 'Hm.', calls: [{ name: 'think', arguments: '{"thought":"x"}' }] })
  assert.deepEqual(drafts.map(contentOf), ['message', 'think'])
  assert.ok(drafts[0]?.llm_metrics && !drafts[1]?.llm_metrics)
  const bad = await step({ text: 'Hm.', calls: [bash({})] })
  assert.equal(contentOf(bad[0]), 'message')
  const mixed = await step({ text: 'Hm.', calls: [bash({}), bash({ command: 'ls' })] })
  assert.equal((argsOf(mixed[1]) as { thought?: string }).thought, 'Hm.') // read in a test only
})

test('[P22] calls in text form are parsed', async () => {
  const json = '{"name": "execute_bash", "arguments": {"command": "ls -la"}}'
  const forms = [
    json,
    `Let me look.\n${json}`,
    '{"type":"function","function":{"name":"execute_bash","arguments":"{\\"command\\":\\"ls -la\\"}"}}',
    '{"tool":"execute_bash","parameters":{"command":"ls -la"}}',
    `[${json}]`,
    `I look.\n\n\`\`\`json\n${json}\n\`\`\`\n`,
    `\`\`\`\n${json}\n\`\`\``,
    `Ok <tool_call>\n${json}\n</tool_call>`,
    `<tool_call>${json}`,
    '<function=execute_bash>\n<parameter=command>\nls -la\n</parameter>\n</function>',
    '<function=execute_bash>{"command":"ls -la"}</function>',
    '<tool_call>\n<function=execute_bash>\n<parameter=command>ls -la</parameter>\n</function>\n</tool_call>',
    '<function_calls>\n<invoke name="execute_bash">\n<parameter name="command">ls -la</parameter>\n</invoke>\n</function_calls>',
    '<execute_bash>\nls -la\n</execute_bash>',
    '<execute_bash><command>ls -la</command></execute_bash>',
  ]
  for (const text of forms) {
    const [draft, ...rest] = await step({ text })
    assert.ok(draft && 'action' in draft && draft.action === 'run', text)
    assert.equal(draft.args.command, 'ls -la')
    assert.equal(draft.tool_call_metadata?.tool_call_id, 'r1-0')
    assert.equal(rest.length, 0)
  }
  const [edit] = await step({
    text: '<function=str_replace_editor><parameter=command>insert</parameter><parameter=path>/a</parameter><parameter=insert_line>3</parameter><parameter=new_str>x < y</parameter></function>',
  })
  assert.ok(edit && 'action' in edit && edit.action === 'edit')
  assert.deepEqual([edit.args.insert_line, edit.args.new_str], [3, 'x < y'])
  const two = await step({ text: `<tool_call>${json}</tool_call>\n<tool_call>${json}</tool_call>` })
  assert.deepEqual(two.map(contentOf), ['run', 'run'])
})

test('[P22] calls in text form that cannot be understood are refused with a correction', async () => {
  for (const [text, expected] of [
    ['{"name":"bash","arguments":{"command":"ls"}}', /no tool named "bash"/],
    ['<tool_call>{"name": "execute_bash", "arguments": {"command": "ls"}</tool_call>', /not a JSON object/],
    ['<function=shell>{"command":"ls"}</function>', /no tool named "shell"/],
    ['<tool_call>gibberish</tool_call>', /no tool named ""/],
  ] as const)
    assert.match(contentOf((await step({ text }))[0]), expected)
})

test('[P22] an example in an explanation is not a call', async () => {
  for (const text of [
    'A call looks like this:\n```json\n{"name":"execute_bash","arguments":{"command":"rm -rf /"}}\n```\nDo not run it.',
    'Here is the data: {"name": "Ann", "age": 5}',
    '{"name": "Ann", "arguments": [], "mood": "good"}',
    'This is the record:\n{"name": "Ann", "arguments": {}}',
    'Use\n```\nls\n```',
    '[1, 2]',
    '```json\n{"name":"Ann","args":"x"}\n``` and <b>text</b>',
    '<div>hello</div>',
  ])
    assert.equal(contentOf((await step({ text }))[0]), 'message', text)
})

test('[P15] any answer gives drafts that are events, and a prompt that is sound', async () => {
  const call = fc.record({
    id: fc.oneof(fc.string(), fc.constantFrom('', 'a')),
    name: fc.oneof(fc.string(), fc.constantFrom('execute_bash', 'str_replace_editor', 'think', 'finish')),
    arguments: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .record({
          command: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('view', 'create')),
          path: fc.string(),
        })
        .map(one => JSON.stringify(one)),
    ),
  })
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          '<tool_call>',
          '</tool_call>',
          '<function=finish>',
          '</function>',
          '```',
          '{"name":"finish","arguments":{}}',
          '\n',
          '<finish>',
          '<invoke name="x">',
          '{',
          'a',
        ),
        { maxLength: 12 },
      )
      .map(parts => parts.join('')),
  )
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.array(call, { maxLength: 5 }),
      fc.constantFrom<FinishReason>('stop', 'length'),
      async (said, calls, reason) => {
        const drafts = await step({ text: said, calls, reason })
        assert.ok(drafts.length > 0 && drafts[0]?.llm_metrics !== undefined)
        const messages = createPromptBuilder('S')([...task, ...stored(drafts, 1)], true)
        const made = messages.flatMap(message =>
          message.role === 'assistant' ? message.calls.map(({ id }) => id) : [],
        )
        const answered = messages.flatMap(message =>
          message.role === 'tool' ? message.results.map(({ callId }) => callId) : [],
        )
        assert.deepEqual(made, answered)
        assert.equal(new Set(made).size, made.length)
        assert.ok(made.length >= calls.length)
      },
    ),
    { numRuns: 400 },
  )
})

test('a restart voids what came before it, and an answer without an end is a bad response', async () => {
  const model = new ScriptedModel([
    { type: 'text', delta: 'void' },
    { type: 'tool-call', call: { id: 'v', name: 'finish', arguments: '{}' } },
    { type: 'restart' },
    ...chunksOf({ text: 'good' }),
  ])
  const seen: string[] = []
  const view = { session, history: task, model, onChunk: (chunk: ModelChunk): void => void seen.push(chunk.type) }
  const drafts = await createCodeActAgent().step(view, signal)
  assert.deepEqual([drafts.map(contentOf), (argsOf(drafts[0]) as { content?: string }).content], [['message'], 'good']) // read in a test only
  assert.deepEqual(seen, ['text', 'tool-call', 'restart', 'text', 'finish'])
  assert.deepEqual(
    model.requests[0]?.tools.map(({ name }) => name),
    ['execute_bash', 'finish', 'web_read', 'browser', 'execute_ipython_cell', 'str_replace_editor', 'think', 'plan'],
  )
  const broken = new ScriptedModel([{ type: 'text', delta: 'half' }])
  await assert.rejects(
    async () => await createCodeActAgent().step({ ...view, model: broken }, signal),
    error => error instanceof ModelError && error.kind === 'bad_response',
  )
})

test('[wire A2.2] /exit finishes without asking the model, once', async () => {
  const history = [...task, ...stored([{ action: 'message', source: 'user', args: { content: ' /exit\n' } }], 1)]
  const model = new ScriptedModel([])
  const view = { session, history, model, onChunk: (): void => undefined }
  const drafts = await createCodeActAgent().step(view, signal)
  assert.deepEqual(drafts.map(contentOf), ['finish'])
  assert.equal(model.requests.length, 0)
})

test('the tools are described in JSON Schema that every provider takes', () => {
  const model = new ScriptedModel(chunksOf({ text: 'x' }))
  return createCodeActAgent()
    .step({ session, history: task, model, onChunk: () => undefined }, signal)
    .then(() => {
      const tools = model.requests[0]?.tools ?? []
      assert.deepEqual(tools[0]?.parameters, {
        type: 'object',
        properties: {
          command: {
            type: 'string',
            description: 'The command. May be empty to wait for more output of a running command.',
          },
          is_input: {
            type: 'string',
            enum: ['true', 'false'],
            description: '"true" to type the command into the program that is running; default "false".',
          },
          timeout: { type: 'number', description: 'Seconds after which the command is ended.' },
        },
        required: ['command'],
        additionalProperties: false,
      })
      assert.deepEqual(tools[5]?.parameters.required, ['command', 'path'])
      assert.doesNotMatch(JSON.stringify(tools), /anyOf|\$schema|exclusive|9007199254740991/)
      for (const { description } of tools) assert.ok(description.length > 50)
    })
})
