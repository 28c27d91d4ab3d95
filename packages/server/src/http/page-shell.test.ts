import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shellAt } from './page-shell.ts'

const relative = '<!doctype html><html><head lang="en"><script src="./assets/a.js"></script></head></html>'

test('[P46] a page with relative addresses finds its files from every view, below any prefix', () => {
  for (const [path, start] of [
    ['/', './'],
    ['/sessions', './'],
    ['/sessions/', '../'],
    ['/sessions/abc', '../'],
    ['/a/b/c', '../../'],
  ] as const) {
    const base = /<base href="([^"]+)">/.exec(shellAt(relative, path))?.[1]
    assert.equal(base, start, path)
    for (const prefix of ['', '/openhands', '/a/b'])
      assert.equal(
        new URL('./assets/a.js', new URL(String(base), `https://x${prefix}${path}`)).pathname,
        `${prefix}/assets/a.js`,
      )
  }
  assert.ok(shellAt(relative, '/').startsWith('<!doctype html><html><head lang="en"><base '), 'before everything else')
})

test('[wire A5.15] a genuine page, whose addresses are absolute, and one that has its own base stay as they are', () => {
  for (const html of [relative.replace('./assets', '/assets'), relative.replace('<script', '<base href="/x/"><script')])
    assert.equal(shellAt(html, '/app/jupyter'), html)
})
