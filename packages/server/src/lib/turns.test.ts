import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Turns } from './turns.ts'

test('[P38] so many go on in one turn of the event loop, in the order in which they came', async () => {
  const turns = new Turns(2)
  const order: number[] = []
  const all = [0, 1, 2, 3, 4].map(number => turns.next().then(() => order.push(number)))
  const seen: string[] = []
  while (order.length < 5) {
    seen.push(order.join(''))
    await nextTurn()
  }
  await Promise.all(all)
  assert.deepEqual(seen, ['', '01', '0123'])
  assert.deepEqual(order, [0, 1, 2, 3, 4])
  await turns.next() // it serves again once all have been served
})
