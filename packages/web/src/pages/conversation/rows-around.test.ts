import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rowsAround } from './rows-around.ts'

test('[P18] one row above and below is drawn where rows are long, and more where they are low', () => {
  const around = (startIndex: number, endIndex: number, height: number): number[] =>
    rowsAround({ startIndex, endIndex, count: 100 }, () => height)
  assert.deepEqual(around(50, 50, 5_000), [49, 50, 51])
  assert.deepEqual(around(50, 51, 400), [48, 49, 50, 51, 52, 53])
  assert.equal(around(50, 50, 1).length, 25)
  assert.deepEqual(around(0, 0, 5_000), [0, 1])
  assert.deepEqual(around(99, 99, 5_000), [98, 99])
  assert.deepEqual(
    rowsAround({ startIndex: 0, endIndex: 0, count: 1 }, () => 10),
    [0],
  )
})
