import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anotherName } from './another-name.ts'

test('a copy has a number before its ending, in the same folder', () => {
  const names = ['a.txt', 'data.v1/a.txt', 'a', '.gitignore', 'a.tar.gz', 'data/a.b.c', '.a.b']
  assert.deepEqual(
    names.map(name => anotherName(name, 2)),
    ['a 2.txt', 'data.v1/a 2.txt', 'a 2', '.gitignore 2', 'a 2.tar.gz', 'data/a.b 2.c', '.a 2.b'],
  )
})
