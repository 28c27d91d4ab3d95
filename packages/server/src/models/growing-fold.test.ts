import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GrowingFold } from './growing-fold.ts'

test('[P19] a list that has grown costs work for what is new; one that has changed anywhere is folded anew', () => {
  const added: number[] = []
  const fold = new GrowingFold<{ n: number }, { sum: number }>(
    () => ({ sum: 0 }),
    (state, { n }) => {
      added.push(n)
      state.sum += n
    },
  )
  const cost = (list: readonly { n: number }[]): [sum: number, added: number] => {
    added.length = 0
    return [fold.of(list).sum, added.length]
  }
  const [one, two, three, four] = [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]
  assert.deepEqual(cost([]), [0, 0])
  assert.deepEqual(cost([one, two]), [3, 2])
  assert.deepEqual(cost([one, two, three]), [6, 1])
  assert.deepEqual(cost([one, two, three]), [6, 0])
  assert.deepEqual(cost([one, four, three]), [8, 3])
  assert.deepEqual(cost([one]), [1, 1])
  assert.deepEqual(cost([two, three]), [5, 2])
  assert.deepEqual(cost([one, { n: 5 }]), [6, 1])
})
