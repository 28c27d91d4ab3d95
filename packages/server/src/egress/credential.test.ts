import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../lib/secret.ts'
import { Credentials, parseCredentials } from './credential.ts'
import { Denial } from './denial.ts'
import { EgressSyntaxError } from './rule.ts'

test('credentials are read as they are written', () => {
  const text = 'API.example.com bearer A;\n\n git.example.com:8443 basic me B\nhttp://old.example.com header X-Key C;'
  const [api, git, old, ...more] = parseCredentials(text)
  assert.deepEqual(api, {
    host: 'api.example.com',
    port: 443,
    scheme: 'https',
    header: 'authorization',
    kind: 'bearer',
    user: '',
    secret: 'A',
  })
  assert.deepEqual([git?.port, git?.kind, git?.user, git?.secret], [8443, 'basic', 'me', 'B'])
  assert.deepEqual([old?.port, old?.scheme, old?.header, old?.kind], [80, 'http', 'x-key', 'raw'])
  assert.deepEqual([more, parseCredentials('')], [[], []])
})

test('a credential that cannot be read is named, with the way to write it', () => {
  const wrong = [
    'api.example.com',
    'api.example.com bearer',
    'api.example.com bearer A B',
    'api.example.com basic A',
    'api.example.com basic a:b C',
    'api.example.com header X-Key',
    'api.example.com header X:Key A',
    'api.example.com header Host A',
    'api.example.com header Transfer-Encoding A',
    'api.example.com header Proxy-Authorization A',
    'api.example.com password A',
    '*.example.com bearer A',
    'https://api.example.com/path bearer A',
    'ftp://api.example.com bearer A',
    'user@api.example.com bearer A',
  ]
  for (const text of wrong)
    assert.throws(
      () => parseCredentials(`good.example.com bearer A; ${text}`),
      (error: unknown) => error instanceof EgressSyntaxError && error.message.startsWith(`Credential "${text}"`),
      text,
    )
})

test('[S20] a secret that cannot be sent is told by its name only', () => {
  const values = new Map([
    ['GOOD', 'value'],
    ['LINES', 'canary\r\nX-Injected: 1'],
  ])
  const secrets = {
    get: (name: string) => {
      const value = values.get(name)
      return value === undefined ? undefined : new Secret(value)
    },
  }
  const headersFor = (text: string): ReadonlyMap<string, string> =>
    new Credentials(parseCredentials(text), secrets).headersFor({ scheme: 'https', host: 'a.test', port: 443 })
  assert.deepEqual([...headersFor('a.test header X-Key GOOD; b.test bearer GONE')], [['x-key', 'value']])
  for (const [text, message] of [
    ['a.test bearer LINES', /the secret LINES cannot be sent/],
    ['a.test bearer GONE', /the secret GONE, which it needs/],
  ] as const)
    assert.throws(
      () => headersFor(text),
      (error: unknown) => error instanceof Denial && message.test(error.message) && !error.message.includes('canary'),
    )
})
