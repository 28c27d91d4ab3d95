import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { pagePolicy } from './page-policy.ts'

const directives = (policy: string): ReadonlyMap<string, string> =>
  new Map(
    policy.split('; ').map(each => [each.slice(0, each.indexOf(' ')), each.slice(each.indexOf(' ') + 1)] as const),
  )

test('[S36] a page runs its own scripts only, asks its own server only, and is shown in no frame', () => {
  const policy = directives(
    pagePolicy({ html: '<script type="module" src="./a.js"></script>' })(['http://*.localhost:3001']),
  )
  for (const [name, value] of [
    ['default-src', "'none'"],
    ['script-src', "'self'"],
    ['img-src', "'self' data: blob:"],
    ['connect-src', "'self'"],
    ['frame-src', 'http://*.localhost:3001'],
    ['frame-ancestors', "'none'"],
    ['base-uri', "'self'"],
    ['form-action', "'self'"],
  ] as const)
    assert.equal(policy.get(name), value, name)
  assert.equal(directives(pagePolicy({ html: '' })([])).get('frame-src'), "'none'")
})

test('[S36] scripts that stand in a page are allowed by their hash, as browsers compute it', () => {
  const html =
    '<SCRIPT>one\r\ntwo</SCRIPT>\n<script type="module" async>import "/a.js"</script ><script src="x"></script><script></script>'
  const hashes = ['one\ntwo', 'import "/a.js"'].map(
    text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  )
  assert.equal(directives(pagePolicy({ html })([])).get('script-src'), ["'self'", ...hashes].join(' '))
})

test('[wire A7.2] a genuine page gets pictures, the hosts that it asks, and one release of its editor', () => {
  const foreignScripts = [
    'loader("https://cdn.jsdelivr.net/npm/monaco-editor@0.52.0/min/vs")',
    'x("https://cdn.jsdelivr.net/npm/evil@1.0.0/x.js https://cdn.jsdelivr.net/npm/monaco-editor@latest/min")',
  ]
  const policy = directives(pagePolicy({ html: '', foreignScripts, foreignHosts: ['https://api.github.com'] })([]))
  const release = 'https://cdn.jsdelivr.net/npm/monaco-editor@0.52.0/'
  assert.equal(policy.get('script-src'), `'self' ${release}`)
  assert.equal(policy.get('img-src'), "'self' data: blob: https:")
  assert.equal(policy.get('connect-src'), `'self' https://api.github.com ${release}`)
})
