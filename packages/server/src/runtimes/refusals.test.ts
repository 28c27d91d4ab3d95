import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusals } from './refusals.ts'

test('a refusal is told once, of the same target the newest, and of too many the number', () => {
  const refusals = new Refusals()
  assert.equal(refusals.take(), '')
  refusals.add({ target: 'a:1', message: 'first' })
  refusals.add({ target: 'b:1', message: 'other' })
  refusals.add({ target: 'a:1', message: 'second' })
  assert.equal(refusals.take(), '[second]\n[other]\n')
  assert.equal(refusals.take(), '')
  for (let index = 0; index < 25; index++) refusals.add({ target: `${index}:1`, message: `to ${index}` })
  assert.match(refusals.take(), /\[to 19\]\n\[5 more requests to other targets were not let out\.\]\n$/)
})
