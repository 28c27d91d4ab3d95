import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Event, fold, type LooseEvent, nothing, parseEvent } from '@openhands/protocol'
import { stuck } from './stuck.ts'

/** What the fold remembers of a log, and what that says. */
function judge(...drafts: readonly object[]): string | undefined {
  let state = nothing
  for (const [id, draft] of drafts.entries()) {
    const loose: LooseEvent = parseEvent({ id, timestamp: 't', message: '', source: 'agent', ...draft })
    state = fold(state, loose as Event) // the envelope is complete
  }
  return stuck(state.traces)
}

const user = (content = 'go on'): object => ({ action: 'message', source: 'user', args: { content } })
const says = (content: string): object => ({ action: 'message', args: { content } })
const run = (command: string, thought = ''): object => ({ action: 'run', args: { command, thought } })
const ran = (command: string, content: string, exit_code = 0): object => ({
  observation: 'run',
  cause: 0,
  content,
  extras: { command, exit_code },
})
const failed = (content: string): object => ({ observation: 'error', cause: 0, content, extras: {} })
const malformed = (content: string): object => ({ observation: 'error', content, extras: {} })
const cell = (code: string): object => ({ action: 'run_ipython', args: { code } })
const printed = (code: string, content: string): object => ({
  observation: 'run_ipython',
  cause: 0,
  content,
  extras: { code },
})
const edit = (path: string): object => ({
  action: 'edit',
  args: { path, command: 'str_replace', old_str: 'a', new_str: 'b' },
})
const edited = (path: string): object => ({
  observation: 'edit',
  cause: 0,
  content: 'edited',
  extras: { path, prev_exist: true, old_content: 'a', new_content: 'b' },
})
const times = (count: number, make: (n: number) => readonly object[]): object[] =>
  Array.from({ length: count }, (_, n) => make(n)).flat()

function syntaxCell(error: string, line: number, last = true): object {
  const footer = ['[Jupyter current working directory: /w]', '[Jupyter Python interpreter: /usr/bin/python]']
  const body = [`Cell In[1], line ${line}`, '    foo(', '        ^', error]
  return printed('foo(', [...body, ...(last ? [] : ['and more']), ...footer].join('\n'))
}
const comma = 'SyntaxError: invalid syntax. Perhaps you forgot a comma?'
const incomplete = 'SyntaxError: incomplete input'
const unterminated = 'SyntaxError: unterminated string literal (detected at line 3)'

const loops: [string, object[]][] = [
  ['[wire C9] four equal actions with equal results', times(4, () => [run('ls'), ran('ls', 'a')])],
  [
    '[wire C9] the pairs are found behind other events',
    [run('x'), ran('x', 'y'), ...times(4, () => [run('ls'), ran('ls', 'a')])],
  ],
  ['[wire C9] four equal actions that fail with different errors', times(4, n => [run('ls'), failed(`error ${n}`)])],
  [
    '[wire C9] three failures after one success',
    [run('ls'), ran('ls', 'a'), ...times(3, n => [run('ls'), failed(`error ${n}`)])],
  ],
  [
    '[wire C9] four cells with a forgotten comma in the same line',
    times(4, () => [cell('foo('), syntaxCell(comma, 3)]),
  ],
  [
    '[wire C9] four cells with incomplete input in the same line',
    times(4, () => [cell('foo('), syntaxCell(incomplete, 3)]),
  ],
  ['[wire C9] four cells with an unterminated string', times(4, n => [cell('foo('), syntaxCell(unterminated, n)])],
  [
    '[wire C9] A, B, A, B, A, B with alternating results',
    times(3, () => [run('a'), ran('a', '1'), run('b'), ran('b', '2')]),
  ],
  ['[wire C9] three equal messages in a row', times(3, () => [says('hello')])],
  [
    '[wire A8.5] three equal messages with actions between that nothing answered',
    times(3, n => [says('hello'), edit(`/f${n}`)]),
  ],
  ['[P21] three equal thoughts without doing anything', times(3, () => [{ action: 'think', args: { thought: 'hm' } }])],
  [
    '[P21] three equal plans without doing anything',
    times(3, () => [{ action: 'plan', args: { items: [{ text: 'look', state: 'doing' }] } }]),
  ],
  ['[P21] the same error in answer to different actions', times(6, n => [run(`make t${n}`), failed('no such folder')])],
  ['[P15] three equal malformed calls', times(3, () => [malformed('no tool')])],
  ['[P15] three empty answers with work before', [run('ls'), ran('ls', 'a'), ...times(3, () => [malformed('empty')])]],
  ['[P15] malformed calls between changing words', times(3, n => [says(`I try ${n}`), malformed('no tool')])],
  ['[P15] the same two malformed calls in three answers', times(3, () => [malformed('a'), malformed('b')])],
  ['[P15] the same five malformed calls in three answers', times(15, n => [malformed(`${n % 5}`)])],
  ['[P21] the same failing edit', times(4, () => [edit('/a'), failed('not found')])],
  ['[P21] the loop goes on after the user spoke', [user(), ...times(4, () => [run('ls'), ran('ls', 'a')])]],
]

const honest: [string, object[]][] = [
  ['nothing', []],
  ['[wire C9] two equal pairs', times(2, () => [run('ls'), ran('ls', 'a')])],
  ['[wire C9] three equal pairs', times(3, () => [run('ls'), ran('ls', 'a')])],
  [
    '[wire C9] four equal results of actions of which only three are equal',
    [run('ls', 'first'), ran('ls', 'a'), ...times(3, () => [run('ls'), ran('ls', 'a')])],
  ],
  ['[wire C9] three failures alone', times(3, () => [run('ls'), failed('no')])],
  ['[wire C9] three cells with a syntax error', times(3, () => [cell('foo('), syntaxCell(comma, 3)])],
  ['[wire C9] syntax errors in different lines', times(4, n => [cell('foo('), syntaxCell(comma, n)])],
  ['[wire C9] incomplete input in different lines', times(4, n => [cell('foo('), syntaxCell(incomplete, n)])],
  [
    '[wire C9] a syntax error that is not third from the end',
    times(4, n => [cell('foo('), syntaxCell(`${comma} ${n}`, n, false)]),
  ],
  [
    '[wire C9] three equal messages with a result between',
    [says('a'), says('a'), run('ls'), ran('ls', 'x'), says('a')],
  ],
  ['[wire D2.7] the user spoke in between', [...times(4, () => [run('ls'), ran('ls', 'a')]), user()]],
  [
    '[wire D2.7] two pairs before and two after the user spoke',
    [...times(2, () => [run('ls'), ran('ls', 'a')]), user(), ...times(2, () => [run('ls'), ran('ls', 'a')])],
  ],
  [
    '[P21] polling a build whose output changes',
    times(30, n => [run('tail -1 build.log'), ran('tail -1 build.log', `${n} %`)]),
  ],
  [
    '[P21] waiting between two looks',
    times(30, n => [run('sleep 10'), ran('sleep 10', ''), run('tail log'), ran('tail log', `${n}`)]),
  ],
  [
    '[P21] reading 60 files',
    times(60, n => [
      { action: 'read', args: { path: `/f${n}` } },
      { observation: 'read', cause: 0, content: 'same', extras: { path: `/f${n}` } },
    ]),
  ],
  ['[P21] the same edit in 40 files', times(40, n => [edit(`/f${n}`), edited(`/f${n}`)])],
  [
    '[P21] tests after every change, failing alike',
    times(10, n => [edit(`/f${n}`), edited(`/f${n}`), run('npm test'), ran('npm test', 'FAIL', 1)]),
  ],
  ['[P21] the same command with different thoughts', times(4, n => [run('ls', `now ${n}`), ran('ls', 'a')])],
  ['[P21] different commands that all fail', times(10, n => [run(`make t${n}`), failed(`no rule for t${n}`)])],
  ['[P21] results that differ in the exit code', times(6, n => [run('curl x'), ran('curl x', '', n)])],
  [
    '[P21] typing the same key while the screen changes',
    times(8, n => [{ action: 'run', args: { command: 'n', is_input: true } }, ran('n', `page ${n}`)]),
  ],
  [
    '[P21] five equal errors in answer to different actions',
    times(5, n => [run(`make t${n}`), failed('no such folder')]),
  ],
  [
    '[P07] what a stop left undone, then one more',
    [user(), ...times(8, () => [failed('The action has not been executed.')]), run('ls'), ran('ls', '')],
  ],
  ['[P15] two equal malformed calls', times(2, () => [malformed('no tool')])],
  [
    '[P15] malformed calls that were mended in between',
    times(4, n => [malformed('no tool'), run(`ls ${n}`), ran('ls', `${n}`)]),
  ],
  ['[P15] malformed calls with different faults', times(12, n => [malformed(`fault ${n}`)])],
  [
    'errors of the server do not count',
    times(4, () => [{ observation: 'error', source: 'environment', content: 'limit', extras: {} }]),
  ],
  [
    'what the user does does not count',
    times(5, () => [
      { ...run('ls'), source: 'user' },
      { ...ran('ls', 'a'), source: 'user' },
    ]),
  ],
  [
    'changes of state do not count',
    times(5, () => [{ observation: 'agent_state_changed', source: 'environment', extras: { agent_state: 'running' } }]),
  ],
]

for (const [name, drafts] of loops)
  test(`loop: ${name}`, () => assert.match(judge(...drafts) ?? 'no loop was seen', /^it .*\.$/))
for (const [name, drafts] of honest) {
  test(`honest: ${name}`, () => {
    for (let length = 0; length <= drafts.length; length++)
      assert.equal(judgeLast(drafts.slice(0, length), name), undefined)
  })
}

/** Honest work must never alarm, at no moment; the two vectors about the user alarm before the user speaks. */
function judgeLast(drafts: object[], name: string): string | undefined {
  return name.includes('user spoke in between') && !drafts.some(draft => 'source' in draft)
    ? undefined
    : judge(...drafts)
}
