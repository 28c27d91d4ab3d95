import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '@openhands/protocol'
import { action, becomes, begun, logOf, ran, userSays } from '../testing/events.ts'
import { recover } from './recover.ts'

const run = (command: string): Draft => action('run', { command })
const read = (path: string): Draft => action('read', { path })
const asking = action('run', { command: 'rm', confirmation_state: 'awaiting_confirmation' })
const first = logOf(...begun).state.next

/** `12?` outcome of 12 unknown, `13-` not executed, `paused`: the session waits. */
function wordsOf(drafts: readonly Draft[], resume: boolean): string {
  const words = recover(logOf(...drafts).state, resume).map(draft => {
    if ('action' in draft) return draft.action === 'change_agent_state' ? draft.args.agent_state : draft.action
    return `${draft.cause}${'error_id' in draft.extras && draft.extras.error_id === 'unknown_outcome' ? '?' : '-'}`
  })
  return words.join(' ')
}

const table: readonly [name: string, drafts: readonly Draft[], resumed: string, paused: string][] = [
  ['nothing was under way', [...begun, action('finish', {}, { seen: first - 1 })], '', ''],
  ['a step was under way', begun, '', 'paused'],
  ['a command was under way', [...begun, run('a')], `${first}?`, `${first}? paused`],
  ['only a look was under way', [...begun, read('a')], '', 'paused'],
  [
    'parallel calls: none after it is carried out',
    [...begun, run('a'), run('b')],
    `${first}? ${first + 1}-`,
    `${first}? ${first + 1}- paused`,
  ],
  [
    'parallel calls: the first was done',
    [...begun, run('a'), run('b'), ran(first, '')],
    `${first + 1}?`,
    `${first + 1}? paused`,
  ],
  ['a look before a command: neither is lost', [...begun, read('a'), run('b')], '', 'paused'],
  ['a question stays open', [...begun, asking], '', ''],
  ['a question was answered with yes', [...begun, asking, becomes('user_confirmed')], `${first}?`, `${first}? paused`],
  ['a question was answered with no', [...begun, asking, becomes('user_rejected')], '', ''],
  ['it was stopped', [...begun, run('a'), becomes('stopped')], '', ''],
  [
    'a user typed a command',
    [...begun, action('finish', {}, { seen: first - 1 }), action('run', { command: 'a' }, { source: 'user' })],
    `${first + 2}?`,
    `${first + 2}?`,
  ],
  ['a message came last', [...begun, run('a'), userSays('and')], `${first}?`, `${first}? paused`],
]

for (const [name, drafts, resumed, paused] of table) {
  test(`[C5] after a crash: ${name}`, () => {
    assert.equal(wordsOf(drafts, true), resumed)
    assert.equal(wordsOf(drafts, false), paused)
  })
}

test('[C5] recovering twice changes nothing more', () => {
  const { state } = logOf(...begun, run('a'), run('b'))
  const again = logOf(...begun, run('a'), run('b'), ...recover(state, false))
  assert.deepEqual(recover(again.state, false), [])
})
