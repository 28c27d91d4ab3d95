import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joined, nothingPrinted } from './printed.ts'

const answer = (text: string, continues: boolean, cursor = 'c') => ({ running: true, text, continues, cursor })

test('[P07] output of a job goes on where it was read to, or begins anew', () => {
  const first = joined(nothingPrinted, answer('one\n', false, '1'))
  assert.deepEqual(first, { text: 'one\n', cursor: '1', isCut: false })
  assert.deepEqual(joined(first, answer('two\n', true, '2')), { text: 'one\ntwo\n', cursor: '2', isCut: false })
  assert.deepEqual(joined(first, answer('late\n', false, '3')), { text: 'late\n', cursor: '3', isCut: false })
})

test('[P39] of long output the end is kept, and it is said that the beginning is not', () => {
  const long = joined(nothingPrinted, answer(`${'x'.repeat(200_000)}end`, false))
  assert.equal(long.text.length, 100_000)
  assert.ok(long.text.endsWith('end') && long.isCut)
  assert.ok(joined(long, answer('more', true)).isCut)
  assert.ok(!joined(long, answer('fresh', false)).isCut)
})
