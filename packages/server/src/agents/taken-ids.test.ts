import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Event, type LooseEvent, parseEvent } from '@openhands/protocol'
import { takenIds } from './taken-ids.ts'

function run(id: number, call: string, more: object = {}): Event {
  const tool_call_metadata = { function_name: 'execute_bash', tool_call_id: call, total_calls_in_response: 1 }
  const draft = { action: 'run', source: 'agent', args: { command: 'ls' }, tool_call_metadata, ...more }
  const loose: LooseEvent = parseEvent({ ...draft, id, timestamp: 't', message: '' })
  return loose as Event // the envelope is complete
}

test('[P15] the ids of a history’s calls are known, however it has grown or been condensed', () => {
  const events = Array.from({ length: 6 }, (_, id) => run(id, `c${id}`))
  const result = run(6, 'r', { cause: 5 })
  const idsOf = (history: readonly Event[]): readonly string[] => [...takenIds(history)]
  assert.deepEqual(idsOf([]), [])
  assert.deepEqual(idsOf(events.slice(0, 3)), ['c0', 'c1', 'c2'])
  assert.deepEqual(idsOf([...events, result]), ['c0', 'c1', 'c2', 'c3', 'c4', 'c5'])
  assert.deepEqual(idsOf([...events.slice(0, 1), ...events.slice(4)]), ['c0', 'c4', 'c5'])
  assert.deepEqual(idsOf(events.slice(0, 2)), ['c0', 'c1'])
  assert.deepEqual(idsOf(events.slice(1, 3)), ['c1', 'c2'])
})
