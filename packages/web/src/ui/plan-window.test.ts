import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlanItem } from '@openhands/protocol'
import { windowOf } from './plan-window.ts'

const plan = (states: string): PlanItem[] =>
  [...states].map(letter => ({ text: letter, state: letter === 'x' ? 'done' : letter === '~' ? 'doing' : 'open' }))

const table: [states: string, most: number, from: number][] = [
  ['', 5, 0],
  ['x~-', 5, 0],
  ['~---------', 5, 0],
  ['xxxx~-----', 5, 2],
  ['xxxxxxxxx~', 5, 5],
  ['xxxxxx----', 5, 4],
  ['xxxxxxxxxx', 5, 5],
]
for (const [states, most, from] of table)
  test(`of the plan ${states} so much is shown that what is next can be seen`, () => {
    assert.equal(windowOf(plan(states), most), from)
  })
