import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BoardEntry } from '@openhands/protocol'
import { type Board, withMessage } from './board-store.ts'
import { noticeFor } from './notices.ts'

function entry(conversation_id: string, updated: string, state: BoardEntry['state'] = 'running'): BoardEntry {
  const rest = {
    title: `Task ${conversation_id}`,
    agent_state: null,
    repository: null,
    cost: 0,
    last_line: '',
    events: 1,
    open: true,
  }
  return { conversation_id, updated, created: updated, state, ...rest }
}
const empty: Board = { sessions: [], total: 0, link: 'open' }
const ids = (board: Board): string[] => board.sessions.map(each => each.conversation_id)

test('[F02] the board follows what changes and what goes, newest first', () => {
  const first = withMessage(empty, { type: 'snapshot', sessions: [entry('b', '2'), entry('a', '1')], total: 2 })
  const moved = withMessage(first, { type: 'changed', session: entry('a', '3') })
  assert.deepEqual([ids(moved), moved.total], [['a', 'b'], 2])
  const grown = withMessage(moved, { type: 'changed', session: entry('c', '4') })
  assert.deepEqual([ids(grown), grown.total], [['c', 'a', 'b'], 3])
  const shrunk = withMessage(grown, { type: 'deleted', conversation_id: 'a' })
  assert.deepEqual([ids(shrunk), shrunk.total], [['c', 'b'], 2])
})

test('[F12] a notice is about a change that somebody waits for, and never about what was so before', () => {
  assert.equal(noticeFor(undefined, entry('a', '1', 'waiting')), undefined)
  assert.equal(noticeFor(entry('a', '1', 'waiting'), entry('a', '2', 'waiting')), undefined)
  assert.match(noticeFor(entry('a', '1'), entry('a', '2', 'waiting')) ?? '', /waits for you/)
  assert.match(noticeFor(entry('a', '1'), entry('a', '2', 'finished')) ?? '', /done/)
  assert.equal(noticeFor(entry('a', '1'), entry('a', '2', 'paused')), undefined)
})
