import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeBetween } from './change-between.ts'
import { docOf, separatorOf, textOf } from './line-ends.ts'

const texts = ['', 'a', 'a\n', '\n', '\r\n', 'a\r\nb\r\n', 'a\r\nb\nc', 'a\rb', 'a\rb\r\n', '\r\n\n', 'x\r', '\n\r\n']

test('a text is saved with the ends of lines that it came with', () => {
  for (const text of texts) {
    const separator = separatorOf(text)
    assert.equal(textOf(docOf(text, separator), separator), text, JSON.stringify(text))
  }
  assert.equal(separatorOf('a\r\nb\r\n'), '\r\n')
  assert.equal(separatorOf('a\r\nb\nc'), '\n')
})

test('one change makes a text another one, and touches nothing before and after it', () => {
  for (const a of texts)
    for (const b of texts) {
      const [before, after] = [docOf(a, '\n'), docOf(b, '\n')]
      const change = changeBetween(before, after)
      if (!change) assert.equal(a, b)
      else assert.equal(before.replace(change.from, change.to, change.insert).toString(), b)
    }
  const change = changeBetween(docOf('one\ntwo\nthree', '\n'), docOf('one\n2\nthree', '\n'))
  assert.deepEqual([change?.from, change?.to, change?.insert.toString()], [4, 7, '2'])
})
