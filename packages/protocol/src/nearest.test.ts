import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nearest } from './index.ts'

const known = ['message', 'run', 'change_agent_state', 'finish']
const table: readonly [string, string | undefined][] = [
  ['message', 'message'],
  ['mesage', 'message'],
  ['MESSAGE', 'message'],
  ['massages', 'message'],
  ['runn', 'run'],
  ['finnishh', 'finish'],
  ['changeagentstate', 'change_agent_state'],
  ['dance', undefined],
  ['', undefined],
]
for (const [name, expected] of table)
  test(`“${name}” is nearest to ${expected ?? 'nothing'}`, () => assert.equal(nearest(name, known), expected))

test('the nearest name is one of the known ones, however long the name', () => {
  assert.equal(nearest('x'.repeat(1_000_000), known), undefined)
  assert.equal(nearest('run', []), undefined)
  fc.assert(fc.property(fc.string(), name => [...known, undefined].includes(nearest(name, known))))
})
