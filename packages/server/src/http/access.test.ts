import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { rawHttp } from '../testing/raw-http.ts'
import { Access, type AccessPolicy } from './access.ts'

const TOKEN = 'the-token-of-this-server'

interface Guarded extends AsyncDisposable {
  readonly url: string
  readonly host: string
  /** Asks with these header lines instead of the usual `Host`; the status, or who was admitted. */
  ask(lines: readonly string[], options?: { target?: string; version?: string; localAddress?: string }): Promise<string>
}

/** A server that answers with what `Access` decides: the real decision over a real request. */
async function guarded(
  policy: Partial<AccessPolicy>,
  hosts: readonly string[] = [],
  address = '127.0.0.1',
): Promise<Guarded> {
  const names = new Set(hosts)
  const access = new Access({
    hosts: names,
    localMode: false,
    token: () => TOKEN,
    isOwnPeer: async () => true,
    ...policy,
  })
  const server = createServer({ requireHostHeader: false }, (request: IncomingMessage, response) => {
    const presented = request.headers['x-test-presented']
    const asked = access.admit(request, typeof presented === 'string' ? presented : undefined)
    asked.then(
      admission => {
        const by = { 'x-by': admission.ok ? admission.by : 'nobody' }
        response.writeHead(admission.ok ? 200 : admission.status, by).end()
      },
      () => response.destroy(),
    )
  })
  server.listen(0, address)
  await once(server, 'listening')
  const bound = server.address()
  const port = typeof bound === 'object' && bound ? bound.port : 0
  for (const name of ['127.0.0.1', 'localhost', '[::1]']) names.add(`${name}:${port}`)
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    host: `127.0.0.1:${port}`,
    async ask(lines, { target = '/', version = '1.1', ...options } = {}) {
      const head = [`GET ${target} HTTP/${version}`, ...lines, '', ''].join('\r\n')
      const { status, headers } = await rawHttp(url, head, options)
      return status === 200 ? String(headers.get('x-by')) : String(status)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('[S04] only our own names lead here; each with a valid token', async () => {
  await using server = await guarded({}, ['public.example'])
  const { port } = new URL(server.url)
  const authorization = `Authorization: Bearer ${TOKEN}`
  const right = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`, 'public.example']
  for (const host of right) assert.equal(await server.ask([`Host: ${host}`, authorization]), 'token', host)
  const wrong = [
    'evil.test',
    `evil.test:${port}`,
    '127.0.0.1',
    'localhost',
    '[::1]',
    `127.0.0.1:${Number(port) + 1}`,
    `127.0.0.1.evil.test:${port}`,
    `127.0.0.1.:${port}`,
    `localhost.:${port}`,
    `localhost:${port}.evil.test`,
    `user@127.0.0.1:${port}`,
    `127.0.0.1:${port},evil.test`,
    `2130706433:${port}`,
    `0:${port}`,
    `public.example:${port}`,
    '',
  ]
  for (const host of wrong) assert.equal(await server.ask([`Host: ${host}`, authorization]), '421', host)
})

test('[S04] a missing or second Host, a full address as target, and what proxies claim do not get around that', async () => {
  await using server = await guarded({})
  const authorization = `Authorization: Bearer ${TOKEN}`
  const own = `Host: ${server.host}`
  assert.equal(await server.ask([own, authorization], { version: '1.0' }), 'token')
  assert.equal(await server.ask([authorization], { version: '1.0' }), '421', 'HTTP/1.0 needs no Host; we do')
  assert.equal(await server.ask([authorization]), '421')
  assert.equal(await server.ask([own, 'Host: evil.test', authorization]), '421')
  assert.equal(await server.ask([own, own, authorization]), '421')
  assert.equal(await server.ask([own, authorization], { target: `http://${server.host}/` }), '421')
  assert.equal(await server.ask([own, authorization], { target: 'http://evil.test/' }), '421')
  assert.equal(await server.ask([own, authorization], { target: '*' }), '421')
  assert.equal(await server.ask(['Host: evil.test', `X-Forwarded-Host: ${server.host}`, authorization]), '421')
  assert.equal(await server.ask([own, 'X-Forwarded-Host: evil.test', authorization]), 'token')
})

test('[S04] the address that a client has reached is ours too: behind a number there is no name server', async () => {
  await using server = await guarded({}, [], '0.0.0.0')
  const { port } = new URL(server.url)
  const text = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`
  const status = async (host: string): Promise<number> => (await rawHttp(`http://127.0.0.2:${port}`, text(host))).status
  assert.equal(await status(`127.0.0.2:${port}`), 200)
  assert.equal(await status(`127.0.0.3:${port}`), 421)
  assert.equal(await status('127.0.0.2'), 421)
})

test('[S03] a foreign page is refused even with a valid token; our own page and whoever has no Origin are not', async () => {
  await using server = await guarded({}, ['public.example'])
  const { port } = new URL(server.url)
  const lines = (...origins: string[]): string[] => [
    `Host: ${server.host}`,
    `Authorization: Bearer ${TOKEN}`,
    ...origins.map(origin => `Origin: ${origin}`),
  ]
  assert.equal(await server.ask(lines()), 'token')
  assert.equal(await server.ask(lines(`http://${server.host}`)), 'token')
  const evil = [
    `http://127.0.0.1:${Number(port) + 1}`,
    'http://127.0.0.1',
    `http://localhost:${port}`,
    'http://localhost.evil.test',
    `http://127.0.0.1.evil.test:${port}`,
    `http://127.0.0.1:${port}.evil.test`,
    `HTTP://127.0.0.1:${port}`,
    `http://127.0.0.1:${port}/`,
    `ws://127.0.0.1:${port}`,
    'https://evil.test',
    'null',
    'file://',
    'vscode-webview://x',
    '*',
    '',
    `http://${'a'.repeat(10_000)}`,
  ]
  for (const origin of evil) assert.equal(await server.ask(lines(origin)), '403', origin.slice(0, 60))
  assert.equal(await server.ask(lines(`http://${server.host}`, `http://${server.host}`)), '403', 'two of them')
  assert.equal(await server.ask(lines(`http://${server.host}`, 'https://evil.test')), '403')
  const proxied = ['Host: public.example', `Authorization: Bearer ${TOKEN}`]
  assert.equal(await server.ask([...proxied, 'Origin: https://public.example']), 'token', 'a proxy adds the TLS')
  assert.equal(await server.ask([...proxied, 'Origin: https://evil.test']), '403')
})

test('[S02] the token, whole and in its place, or 401', async () => {
  await using server = await guarded({})
  const ask = (...lines: string[]): Promise<string> => server.ask([`Host: ${server.host}`, ...lines])
  for (const right of [`Bearer ${TOKEN}`, `bearer   ${TOKEN}`, `BEARER ${TOKEN}`])
    assert.equal(await ask(`Authorization: ${right}`), 'token', right)
  assert.equal(await ask(`X-Test-Presented: ${TOKEN}`), 'token', 'as /ws presents it from a sub-protocol')
  const wrong = [
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN}!`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    'Basic eDp5',
  ]
  for (const value of wrong) assert.equal(await ask(`Authorization: ${value}`), '401', value)
  assert.equal(await ask(), '401')
  assert.equal(await ask(`Cookie: token=${TOKEN}`), '401')
  assert.equal(await ask(`X-Token: ${TOKEN}`), '401')
  assert.equal(await ask('Authorization: Bearer wrong', `X-Test-Presented: ${TOKEN}`), '401', 'the header counts')
})

test('[§4.1] local mode holds on loopback names, without a proxy, for our own user, and asks for no token', async () => {
  await using server = await guarded({ localMode: true, token: () => undefined }, ['public.example'])
  const own = `Host: ${server.host}`
  assert.equal(await server.ask([own]), 'local')
  assert.equal(await server.ask([own, `Origin: http://${server.host}`]), 'local', 'our own page')
  for (const line of [
    'Forwarded: for=1.2.3.4',
    'Via: 1.1 somebody',
    'X-Forwarded-For: 127.0.0.1',
    'x-forwarded-proto: https',
  ])
    assert.equal(await server.ask([own, line]), '401', line)
  assert.equal(await server.ask(['Host: public.example']), '401', 'a name of a proxy, which hides who asks')
  assert.equal(await server.ask([own, 'Origin: https://evil.test']), '403')
})

test('[§4.1] a process of another user needs the token', async () => {
  await using server = await guarded({ localMode: true, isOwnPeer: async () => false })
  assert.equal(await server.ask([`Host: ${server.host}`]), '401')
  assert.equal(await server.ask([`Host: ${server.host}`, `Authorization: Bearer ${TOKEN}`]), 'token')
})

test('[S08] who tries too often has to wait a minute; others do not, and right tokens are never counted', async () => {
  let now = 0
  await using server = await guarded({ now: () => now })
  const ask = (token: string, localAddress?: string): Promise<string> =>
    server.ask([`Host: ${server.host}`, `Authorization: Bearer ${token}`], localAddress ? { localAddress } : {})
  for (let i = 0; i < 30; i++) assert.equal(await ask(TOKEN), 'token')
  for (let i = 0; i < 20; i++) assert.equal(await ask(`bad-${i}`), '401')
  assert.equal(await ask('bad'), '429')
  assert.equal(await ask(TOKEN), '429')
  assert.equal(await ask(TOKEN, '127.0.0.2'), 'token')
  now = 59_999
  assert.equal(await ask(TOKEN), '429')
  now = 60_000
  assert.equal(await ask(TOKEN), 'token')
  assert.equal(await ask('bad'), '401')
})
