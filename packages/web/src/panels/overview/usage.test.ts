import assert from 'node:assert/strict'
import { test } from 'node:test'
import { budgetOf, shareOf } from './usage.ts'

test('[P20] a budget is used by what was spent since somebody asked for more, and is full at most once', () => {
  assert.equal(budgetOf({ settings: {}, costSinceAsked: 3 }, undefined), undefined)
  assert.deepEqual(budgetOf({ settings: {}, costSinceAsked: 3 }, 6), { used: 3, limit: 6, share: 0.5 })
  const own = { max_budget: 4 }
  assert.deepEqual(budgetOf({ settings: own, costSinceAsked: 3 }, 6), { used: 3, limit: 4, share: 0.75 })
  assert.equal(budgetOf({ settings: own, costSinceAsked: 9 }, undefined)?.share, 1)
  assert.deepEqual([shareOf(1, 0), shareOf(-1, 2), shareOf(1, 2)], [0, 0, 0.5])
})
