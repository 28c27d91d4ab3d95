import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Observation, parseEvent } from '@openhands/protocol'
import { observationText } from './observation-text.ts'

function text(observation: string, content: string, extras: object = {}): string {
  const loose = parseEvent({
    id: 1,
    timestamp: 't',
    source: 'agent',
    cause: 0,
    message: '',
    observation,
    content,
    extras,
  })
  return observationText(loose as Observation) // the envelope is complete
}

const image = '![image](data:image/png;base64,ABC123)'
const edit = { path: '/a', prev_exist: true, old_content: 'o', new_content: 'n' }

const vectors: [name: string, actual: string, expected: string | RegExp][] = [
  [
    '[wire C7] a command shows its output and its exit code',
    text('run', 'Command output', { command: 'x', exit_code: 0 }),
    'Command output\n[Command finished with exit code 0]',
  ],
  [
    'a command without output shows its exit code',
    text('run', '', { command: 'x', exit_code: 3 }),
    '[Command finished with exit code 3]',
  ],
  [
    'a command that runs on is not called finished',
    text('run', 'a', { command: 'x', exit_code: -1 }),
    /^a\n\[The command is still running/,
  ],
  [
    'line ends of a terminal are those of a file',
    text('run', 'a\r\nb\r\n', { command: 'x', exit_code: 0 }),
    'a\nb\n[Command finished with exit code 0]',
  ],
  [
    'the prompt that older logs keep apart is shown',
    text('run', 'a\n', { command: 'x', exit_code: 0, interpreter_details: '[Python Interpreter: /p]' }),
    'a\n[Python Interpreter: /p]\n[Command finished with exit code 0]',
  ],
  [
    '[wire C7] images are replaced by a note',
    text('run_ipython', `before ${image} after`, { code: 'x' }),
    'before ![image](data:image/png;base64, ...) already displayed to user after',
  ],
  [
    'bare image data is left out',
    text('read', `data:image/png;base64,${'A'.repeat(100_000)}`, { path: '/a.png' }),
    'data:image/png;base64, ...',
  ],
  [
    '[wire C7] a delegate shows its content',
    text('delegate', 'x', { outputs: { content: 'Delegated agent output' } }),
    'x\nDelegated agent output',
  ],
  [
    '[wire C7] an error says so',
    text('error', 'Error message'),
    'Error message\n[Error occurred in processing last action]',
  ],
  ['[wire A8.3] a rejection says so', text('user_rejected', 'No.'), 'No.\n[Last action has been rejected by the user]'],
  ['a file is shown as it is', text('read', '     1\tx\r\n', { path: '/a' }), '     1\tx\r\n'],
  ['an empty file is not an empty text', text('read', '', { path: '/a' }), '(no output)'],
  [
    'an edit shows the editor’s words',
    text('edit', 'diff', { ...edit, formatted_output_and_error: 'edited!' }),
    'edited!',
  ],
  ['an edit without words shows the difference', text('edit', '-o\n+n', edit), '-o\n+n'],
  ['a written file is named', text('write', '', { path: '/a' }), 'The file /a was written.'],
  ['a page is named', text('browse', 'words', { url: 'http://x' }), 'Page: http://x\nwords'],
]

for (const [name, actual, expected] of vectors)
  test(name, () => (typeof expected === 'string' ? assert.equal(actual, expected) : assert.match(actual, expected)))
