import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '@openhands/protocol'
import { action, becomes, begun, logOf, metrics, ran, userSays } from '../testing/events.ts'
import { type Limits, nextMove } from './next-move.ts'

const limits: Limits = { maxIterations: 3, maxBudget: 1, maxViewSize: 10_000 }
const run = (command: string, more = {}): Draft => action('run', { command }, more)
const asking = (command: string): Draft => action('run', { command, confirmation_state: 'awaiting_confirmation' })
const typed = (command: string): Draft => action('run', { command }, { source: 'user' })

/** `begun` is events 0 (initialize) to 5; the first draft after it gets id 6. */
const first = logOf(...begun).state.next

const table: readonly [name: string, drafts: readonly Draft[], move: string][] = [
  ['an empty log', [], 'wait'],
  ['settings came', begun.slice(0, 1), 'prepare'],
  ['the world is ready', begun.slice(0, 2), 'wait'],
  ['a message came before the world was ready', [begun[0], userSays('early'), begun[1]] as Draft[], 'step'],
  ['a task came', begun, 'step'],
  ['the agent asks for a command', [...begun, run('ls')], `perform ${first}`],
  ['it is paused', [...begun, run('ls'), becomes('paused')], 'wait'],
  ['it is resumed', [...begun, run('ls'), becomes('paused'), becomes('running')], `perform ${first}`],
  ['it is stopped', [...begun, run('ls'), becomes('stopped')], `skip ${first}`],
  ['a command comes when it was stopped', [...begun, becomes('stopped'), run('ls')], `skip ${first + 2}`],
  ['the command was answered', [...begun, run('ls'), ran(first, 'a')], 'step'],
  ['parallel calls go in order', [...begun, run('a'), run('b')], `perform ${first}`],
  ['the next one after the first', [...begun, run('a'), run('b'), ran(first, '')], `perform ${first + 1}`],
  ['a question is open', [...begun, asking('rm')], 'wait'],
  ['a question holds up what comes after it', [...begun, asking('rm'), run('ls')], 'wait'],
  ['what comes before a question runs', [...begun, run('ls'), asking('rm')], `perform ${first}`],
  ['yes', [...begun, asking('rm'), becomes('user_confirmed')], `perform ${first}`],
  ['no', [...begun, asking('rm'), becomes('user_rejected')], `reject ${first}`],
  ['a yes to something else', [...begun, asking('rm'), becomes('user_confirmed', { cause: 3 })], 'wait'],
  ['a message instead of an answer', [...begun, asking('rm'), userSays('no, look first')], `skip ${first}`],
  ['a user types while a question is open', [...begun, asking('rm'), typed('ls')], `perform ${first + 2}`],
  ['a user types while it is paused', [...begun, becomes('paused'), typed('ls')], `perform ${first + 2}`],
  ['a user types while it loads', [...begun.slice(0, 1), typed('ls')], 'prepare'],
  ['it finished', [...begun, action('finish', {}, { seen: first - 1 })], 'wait'],
  ['a message overtook the finish', [...begun, userSays('more'), action('finish', {}, { seen: first - 1 })], 'step'],
  [
    'too many steps',
    [...begun, ...[1, 2, 3].map(n => action('think', { thought: `${n}` }, { llm_metrics: metrics(`r${n}`) }))],
    'halt max_iterations',
  ],
  [
    'too much money',
    [...begun, action('think', { thought: '' }, { llm_metrics: { ...metrics('r'), cost: 1.01 } })],
    'halt max_budget',
  ],
  ['too long a history', [...begun, run('cat'), ran(first, 'x'.repeat(11_000))], 'condense'],
]

for (const [name, drafts, expected] of table) {
  test(`[C3] next move: ${name}: ${expected}`, () => {
    const move = nextMove(logOf(...drafts).state, limits)
    const detail = 'action' in move ? ` ${move.action.id}` : 'code' in move ? ` ${move.code}` : ''
    assert.equal(move.kind + detail, expected)
  })
}

test('[wire D1.17] the limit is told in the words that pages look for, and a message lifts it', () => {
  const steps = [1, 2, 3].map(n => action('think', { thought: `${n}` }, { llm_metrics: metrics(`r${n}`) }))
  const halted = nextMove(logOf(...begun, ...steps).state, limits)
  assert.match('message' in halted ? halted.message : '', /^Agent reached maximum iteration\. Current iteration: 3/)
  assert.equal(nextMove(logOf(...begun, ...steps, userSays('go on')).state, limits).kind, 'step')
})

test('[P21] four equal actions with four equal results are a loop; a message ends it', () => {
  const rounds = [0, 1, 2, 3].flatMap(n => [run('ls'), ran(first + 2 * n, 'same')])
  const unlimited = { maxIterations: 100, maxViewSize: 10_000 }
  const move = nextMove(logOf(...begun, ...rounds).state, unlimited)
  assert.equal('code' in move ? move.code : move.kind, 'stuck')
  assert.equal(nextMove(logOf(...begun, ...rounds, userSays('try else')).state, unlimited).kind, 'step')
})
