import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slashMissing, withoutBase } from './base-path.ts'

test('[P46] the path that a proxy leaves on is taken off, and only that', () => {
  const table: [target: string, base: string, expected: string][] = [
    ['/a/b/ws?x=1', '/a/b', '/ws?x=1'],
    ['/a/b/', '/a/b', '/'],
    ['/a/b', '/a/b', '/'],
    ['/a/b?x', '/a/b', '/?x'],
    ['/a/bc', '/a/b', '/a/bc'],
    ['/A/b/ws', '/a/b', '/A/b/ws'],
    ['/ws', '/a/b', '/ws'],
    ['/a/b/a/b/ws', '/a/b', '/a/b/ws'],
    ['/ws', '', '/ws'],
    ['http://evil.test/', '/a', 'http://evil.test/'],
  ]
  for (const [target, base, expected] of table) assert.equal(withoutBase(target, base), expected, target)
})

test('[P46] without its slash the path leads on, by an address that names no host', () => {
  assert.equal(slashMissing('/a/b', '/a/b'), './b/')
  assert.equal(slashMissing('/a/b?x=//y', '/a/b'), './b/?x=//y')
  for (const target of ['/a/b/', '/a', '/a/bc']) assert.equal(slashMissing(target, '/a/b'), undefined, target)
  assert.equal(slashMissing('/', ''), undefined)
})
