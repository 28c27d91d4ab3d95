import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import { loginTickets } from '../src/access/login-tickets.ts'
import { sessionTokens } from '../src/access/session-tokens.ts'
import { type LiveRoute, type LiveServer, startLiveServer } from '../src/testing/live-server.ts'
import type { RawAnswer } from '../src/testing/raw-http.ts'
import { RawSocket } from '../src/testing/raw-socket.ts'
import { SocketClient } from '../src/testing/socket-client.ts'

/** All that asks for no token, as `METHOD path`. A route that is added here is open to everybody. */
const open = new Set([
  'GET /config.json',
  'GET /health',
  'GET /livez',
  'GET /readyz',
  'HEAD /config.json',
  'HEAD /health',
  'HEAD /livez',
  'HEAD /readyz',
  'POST /api/authenticate',
  'POST /api/login',
])
/** Every path at which a socket can be opened. */
const socketPaths = ['/ws', '/socket.io/?EIO=4&transport=websocket', '/ws/terminal?terminal_id=1']
const json = 'Content-Type: application/json'

const nameOf = ({ method, url }: LiveRoute): string => `${method} ${url}`
const pathOf = ({ url }: LiveRoute, id: string): string => url.replace(':id', id).replace(/:\w+|\*/g, 'x')
const hasBody = ({ method }: LiveRoute): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method)

/** Asks a route; with JSON where it takes a body. */
function call(
  server: LiveServer,
  route: LiveRoute,
  lines: readonly string[],
  id = 'x',
  from?: string,
): Promise<RawAnswer> {
  const body = hasBody(route) ? { body: '{}' } : {}
  const at = from === undefined ? {} : { localAddress: from }
  const type = hasBody(route) ? [json] : []
  return server.ask(`${route.method} ${pathOf(route, id)}`, [...type, ...lines], { ...body, ...at })
}

/** The status of an answer to an upgrade. */
async function knock(url: string, target: string, lines: readonly string[], protocols?: string): Promise<number> {
  const client = new RawSocket(url, { lines, target, ...(protocols === undefined ? {} : { protocols }) })
  client.read()
  await client.until(() => client.head !== undefined, 'an answer')
  client.socket.destroy()
  return Number(client.head?.split(' ')[1])
}

/** An address of the loopback for each: who guesses too often has to wait, and these are many who guess once. */
function* addresses(): Generator<string, never> {
  for (let i = 256; ; i++) yield `127.0.${(i >> 8) & 255}.${i & 255}`
}

const evilOrigins = (own: string): readonly string[] => {
  const { port } = new URL(own)
  return [
    `http://127.0.0.1:${Number(port) + 1}`,
    'http://127.0.0.1',
    `http://localhost:${port}`,
    'http://localhost:9999',
    'http://localhost.evil.test',
    `http://127.0.0.1.evil.test:${port}`,
    `http://127.0.0.1:${port}.evil.test`,
    `HTTP://127.0.0.1:${port}`,
    `${own}/`,
    `${own} `.trim().concat('.'),
    `ws://127.0.0.1:${port}`,
    'null',
    'file://',
    'vscode-webview://x',
    'https://evil.test',
    'https://page.example.evil.test',
    'https://page.exampl',
    'https://page.example:444',
    'http://page.example',
    'https://sub.page.example',
    'https://PAGE.example',
    'https://page.example/',
    'https://user@page.example',
    'https://page.example,https://evil.test',
    'https://page.example https://evil.test',
    '*',
    `http://${'a'.repeat(8_000)}.test`,
    'http://[::1]',
    `http://0.0.0.0:${port}`,
    `http://2130706433:${port}`,
    'chrome-extension://abcdefgh',
    'moz-extension://x',
    'capacitor://localhost',
    'http://localhost',
    'https://localhost',
    'app://.',
    'data:',
    'about:blank',
    'https://evil.test:443',
    'http://10.0.0.1',
  ]
}

describe('the live table of a server that asks for its token', () => {
  let server: LiveServer
  let bearer = ''
  let token = ''
  let secret = ''
  const from = addresses()

  before(async () => {
    server = await startLiveServer(['--token-required', '--cors-origins', 'https://page.example'], app => {
      app.get('/added/throws', async () => {
        throw new Error('SELECT canary FROM /srv/app')
      })
      app.post('/added', async () => ({ secret: 'canary' }))
    })
    token = await server.token()
    bearer = `Authorization: Bearer ${token}`
    secret = `${readFileSync(join(server.dataDir, '.jwt_secret'), 'utf8').trim()}.${token}`
  })
  after(() => server[Symbol.asyncDispose]())

  async function newSession(): Promise<string> {
    const { body } = await server.ask('POST /api/conversations', [bearer, json], { body: '{}' })
    return JSON.parse(body).conversation_id
  }

  test('[S02] the table is the whole router: it has routes of every kind', () => {
    const names = new Set(server.routes.map(nameOf))
    for (const name of [
      ...open,
      'POST /api/conversations',
      'POST /api/upload-files',
      'GET /api/settings',
      'POST /added',
    ])
      assert.ok(names.has(name), name)
    assert.ok(names.size > 100, `${names.size} routes`)
  })

  test('[S02] every route but the open ones is 401 without a token, with a wrong, empty, expired or misplaced one', async () => {
    const expired = await loginTickets(
      () => secret,
      () => new Date('2020-01-01'),
    ).sign()
    const ways: readonly (readonly string[])[] = [
      [],
      ['Authorization: Bearer wrong'],
      ['Authorization: Bearer '],
      ['Authorization:'],
      [`Authorization: Bearer ${expired.token}`],
      [`Cookie: token=${token}; authorization=Bearer ${token}`],
      [`X-Token: ${token}`, `X-API-Key: ${token}`, `X-Session-API-Key: ${token}`],
      ['Authorization: Basic eDp5'],
    ]
    const before = server.entered()
    let asked = 0
    for (const route of server.routes) {
      if (open.has(nameOf(route))) continue
      for (const lines of ways) {
        const answer = await call(server, route, lines, 'x', from.next().value)
        assert.equal(answer.status, 401, `${nameOf(route)} with ${lines}`)
        assert.match(answer.body, /^(?:|\{"error":"(?:Invalid token|Missing Authorization header)"\})$/, nameOf(route))
        asked++
      }
      const inQuery = { ...route, url: `${route.url}?token=${token}&access_token=${token}&authorization=${token}` }
      assert.equal((await call(server, inQuery, [])).status, 401, `${nameOf(route)} in the query`)
    }
    assert.ok(asked > 500)
    assert.equal(server.entered(), before, 'no handler was entered')
  })

  test('[S02] another spelling of a path opens nothing', async () => {
    const paths = new Set(server.routes.map(route => pathOf(route, 'x')))
    for (const path of paths)
      for (const spelling of [
        `/${path}`,
        `/%2e%2e${path}`,
        `/x/..${path}`,
        `${path}/`,
        path.toUpperCase(),
        `${path}%00`,
        `${path};a=1`,
        path.replace('/', '/%2f'),
      ])
        for (const method of ['GET', 'OPTIONS', 'POST'])
          assert.equal((await server.ask(`${method} ${spelling}`)).status, 401, `${method} ${spelling}`)
  })

  test('[S02] what is not there is 401 as well, and 404 for who may know; OPTIONS does nothing', async () => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      assert.equal((await server.ask(`${method} /api/nothing`)).status, 401, method)
      assert.equal((await server.ask(`${method} /api/nothing`, [bearer])).status, 404, method)
    }
    const before = server.entered()
    for (const path of new Set(server.routes.map(route => pathOf(route, 'x'))))
      assert.equal((await server.ask(`OPTIONS ${path}`, [bearer])).status, 404, path)
    assert.equal(server.entered(), before)
  })

  test('[S02] [S07] every socket is refused before its 101 unless the token is in its place', async () => {
    for (const path of socketPaths) {
      const more = path.includes('?') ? '&' : '?'
      assert.equal(await knock(server.url, path, []), 401, path)
      assert.equal(await knock(server.url, `${path}${more}token=${token}&access_token=${token}`, []), 401, path)
      assert.equal(await knock(server.url, path, [`Cookie: token=${token}`]), 401, path)
      assert.equal(await knock(server.url, path, [], 'bearer.wrong'), 401, path)
      assert.notEqual(await knock(server.url, path, [bearer]), 401, path)
      assert.notEqual(await knock(server.url, path, [], `bearer.${token}`), 401, path)
    }
  })

  test('[S03] an Origin that is not ours is refused before the 101 on every socket, with a valid token too', async () => {
    for (const path of socketPaths) {
      for (const origin of evilOrigins(server.url))
        assert.equal(
          await knock(server.url, path, [bearer, `Origin: ${origin}`]),
          403,
          `${path} ${origin.slice(0, 60)}`,
        )
      assert.equal(await knock(server.url, path, [bearer, `Origin: ${server.url}`, `Origin: ${server.url}`]), 403, path)
      for (const origin of [server.url, 'https://page.example'])
        assert.ok(
          [101, 404].includes(await knock(server.url, path, [bearer, `Origin: ${origin}`])),
          `${path} ${origin}`,
        )
    }
  })

  test('[S04] a Host that is not ours is refused on every route, file of the page and socket, without a body', async () => {
    const { host, port } = new URL(server.url)
    const foreign = [
      'evil.test',
      `evil.test:${port}`,
      `127.0.0.1.evil.test:${port}`,
      '[::1]',
      `localhost.:${port}`,
      'page.example',
    ]
    const page = ['/', '/index.html', '/page.css', '/app'].map(url => ({ method: 'GET', url }))
    for (const name of foreign) {
      for (const route of [...server.routes, ...page]) {
        const lines = [`Host: ${name}`, `X-Forwarded-Host: ${host}`, bearer, 'Accept: text/html']
        const { status, body } = await call(server, route, lines)
        assert.deepEqual([status, body], [421, ''], `${name} ${nameOf(route)}`)
      }
      for (const path of socketPaths)
        assert.equal(await knock(server.url, path, [`Host: ${name}`, bearer]), 421, `${name} ${path}`)
    }
  })

  test('[S05] no route tells a foreign page that it may read; who is listed is told so, by the list', async () => {
    const origins = evilOrigins(server.url)
    assert.ok(origins.length >= 40)
    const check = (answer: RawAnswer, what: string): void => {
      assert.equal(answer.status, 403, what)
      assert.match(String(answer.headers.get('vary')), /\bOrigin\b/, what)
      for (const name of answer.headers.keys()) assert.doesNotMatch(name, /^access-control-/, what)
    }
    for (const origin of origins)
      check(await server.ask('GET /api/options/models', [bearer, `Origin: ${origin}`]), origin.slice(0, 60))
    for (const route of server.routes) {
      check(await call(server, route, [bearer, 'Origin: http://localhost:9999']), nameOf(route))
      const preflight = ['Origin: https://evil.test', `Access-Control-Request-Method: ${route.method}`]
      check(await server.ask(`OPTIONS ${pathOf(route, 'x')}`, preflight), `preflight of ${nameOf(route)}`)
    }
  })

  test('[S05] a listed origin: its preflight does nothing and grants no private network, its requests need the token', async () => {
    const origin = 'Origin: https://page.example'
    const before = server.entered()
    for (const route of server.routes) {
      const asks = [
        origin,
        `Access-Control-Request-Method: ${route.method}`,
        'Access-Control-Request-Private-Network: true',
      ]
      const { status, headers, body } = await server.ask(`OPTIONS ${pathOf(route, 'x')}`, asks)
      assert.deepEqual([status, body], [204, ''], nameOf(route))
      assert.equal(headers.get('access-control-allow-origin'), 'https://page.example')
      assert.match(String(headers.get('vary')), /\bOrigin\b/)
      for (const name of ['access-control-allow-credentials', 'access-control-allow-private-network'])
        assert.equal(headers.has(name), false, name)
    }
    assert.equal(server.entered(), before)
    assert.equal((await server.ask('GET /api/options/models', [origin])).status, 401)
    const { status, headers } = await server.ask('GET /api/options/models', [origin, bearer])
    assert.deepEqual([status, headers.get('access-control-allow-origin')], [200, 'https://page.example'])
  })

  test('[S09] another session’s token opens no route of a session, and does not tell whether it is there', async () => {
    const [a, b] = [await newSession(), await newSession()]
    const tokens = sessionTokens(() => secret)
    const asB = `Authorization: Bearer ${await tokens.sign(SessionId.parse(b))}`
    const nobody = '00000000000000000000000000000000'
    const routes = server.routes.filter(({ url }) => url.includes(':id'))
    assert.ok(routes.length > 20)
    for (const route of routes) {
      const [there, gone] = [
        await call(server, route, [asB], a, from.next().value),
        await call(server, route, [asB], nobody, from.next().value),
      ]
      assert.ok(there.status === 401 || there.status === 404, `${nameOf(route)}: ${there.status}`)
      assert.deepEqual([there.status, there.body], [gone.status, gone.body], nameOf(route))
    }
    const protocols = `openhands, ${await tokens.sign(SessionId.parse(b))}, NO_GITHUB`
    for (const path of ['/ws', '/ws/terminal'])
      for (const id of [a, nobody])
        assert.equal(await knock(server.url, `${path}?session=${id}`, [], protocols), 404, path)
    for (const id of [a, b]) assert.ok(/^[0-9a-f]{32}$/.test(id), 'a name of 122 random bits')
    const known = await server.ask(`GET /api/conversations/${a}`, [bearer])
    assert.equal(known.status, 200, 'that of the server opens it')
  })

  test('[S10] what is no session’s name is answered alike on every route, and nothing is opened', async () => {
    const names = [
      '..',
      '../../etc/passwd',
      '%2e%2e',
      '..%2f..%2fetc',
      '%252e%252e%252f',
      '..%5c..%5c',
      '%00',
      'x%00y',
      '%c0%af',
      '%e2%80%a5',
      '~',
      '~root',
      'C:%5c',
      '.',
      '%20',
      'a%20',
      '__proto__',
      'constructor',
      'null',
      'x'.repeat(400),
      '..;/',
      '%2fetc%2fpasswd',
      "'%20OR%201=1--",
      '%0d%0aX-Evil:%201',
    ]
    for (const route of server.routes.filter(({ url }) => url.includes(':id'))) {
      const gone = await call(server, route, [bearer], '00000000000000000000000000000000')
      if (gone.status === 405) continue
      for (const name of names) {
        const answer = await call(server, route, [bearer], name)
        const isRefused = answer.status >= 400 && answer.status < 500
        assert.ok(
          isRefused || answer.body === gone.body,
          `${nameOf(route)} of ${name}: ${answer.status} ${answer.body}`,
        )
        assert.ok(!answer.headers.has('x-evil'), name)
        if (!name.includes('/') && answer.status === 404 && gone.status === 404 && !/^[.~]|%00|%2f/i.test(name))
          assert.equal(answer.body, gone.body, `${nameOf(route)} of ${name}`)
      }
    }
  })

  test('[S36] every answer of every route has the headers, and tells no version, no path and no stack', async () => {
    const id = await newSession()
    for (const route of server.routes)
      for (const lines of [[bearer], []]) {
        const answer = await call(server, route, lines, route.method === 'DELETE' ? 'x' : id)
        const what = `${nameOf(route)} ${answer.status}`
        assert.match(String(answer.headers.get('content-security-policy')), /default-src 'none'/, what)
        assert.match(String(answer.headers.get('content-security-policy')), /frame-ancestors 'none'|sandbox/, what)
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', what)
        assert.equal(answer.headers.get('referrer-policy'), 'no-referrer', what)
        assert.equal(answer.headers.get('cross-origin-opener-policy'), 'same-origin', what)
        assert.equal(answer.headers.get('cross-origin-resource-policy'), 'same-origin', what)
        assert.match(String(answer.headers.get('cache-control')), /no-store/, what)
        for (const name of ['server', 'x-powered-by']) assert.equal(answer.headers.has(name), false, what)
        if (answer.status < 400) continue
        assert.ok(!answer.body.includes(server.dataDir), what)
        assert.doesNotMatch(answer.body, /node_modules|\.ts\b|at .*:\d+:\d+|fastify|FST_|sqlite|v?24\.\d+\.\d/i, what)
        assert.ok(answer.status < 500 || route.url === '/added/throws', `${what}: ${answer.body}`)
      }
    const thrown = await server.ask('GET /added/throws', [bearer])
    assert.equal(thrown.status, 500)
    assert.deepEqual(Object.keys(JSON.parse(thrown.body)).sort(), ['code', 'error', 'id'])
    assert.ok(!thrown.body.includes('canary') && server.logged.join().includes('canary'))
  })

  test('[S35] JSON that is deep, broken, too large or full of other names’ keys is refused by every route alike', async () => {
    const bodies: readonly [string, string][] = [
      ['deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
      ['deep objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
      ['__proto__', '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}}}'],
      ['broken', '{"a":'],
      ['too large', `{"a":"${'x'.repeat(2_000_000)}"}`],
    ]
    for (const route of server.routes.filter(
      each => ['POST', 'PATCH'].includes(each.method) && !each.url.includes('upload'),
    ))
      for (const [what, body] of bodies) {
        const { status } = await server.ask(`${route.method} ${pathOf(route, 'x')}`, [bearer, json], { body })
        assert.ok(status < 500, `${nameOf(route)} with ${what}: ${status}`)
      }
    assert.equal(Object.hasOwn(Object.prototype, 'isAdmin'), false)
    assert.equal((await server.ask('GET /health')).status, 200)
  })
})

/** Everything that a server keeps, as one number; what it makes again at every start is left out. */
function stateOf(folder: string): string {
  const hash = createHash('sha256')
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !/^runtime$|-shm$/.test(name))
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, name)
    const isFile = statSync(path).isFile()
    hash.update(path).update(isFile ? readFileSync(path) : stateOf(path))
  }
  return hash.digest('hex')
}

/** A conversation whose agent is there and waits for its user. */
async function restingConversation(server: LiveServer): Promise<string> {
  const { body } = await server.ask('POST /api/conversations', [json], { body: '{}' })
  const session = JSON.parse(body).conversation_id
  const client = await SocketClient.connect(server.url, { session })
  await client.waitForState('init')
  await client.close()
  return session
}

describe('the live table of a server in local mode', () => {
  test('[S06] nothing that a foreign page can send without asking reaches a handler or changes anything', async () => {
    await using server = await startLiveServer()
    const id = await restingConversation(server)
    const state = stateOf(server.dataDir)
    const before = server.entered()
    const multipart = '--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nb\r\n--x--\r\n'
    const posts: readonly (readonly [type: string, body: string])[] = [
      ['application/x-www-form-urlencoded', 'a=b'],
      ['text/plain;charset=UTF-8', '{"initial_user_msg":"hello"}'],
      ['multipart/form-data; boundary=x', multipart],
      ['application/json', '{}'],
    ]
    const fetched = (dest: string): string[] => [
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: no-cors',
      `Sec-Fetch-Dest: ${dest}`,
    ]
    const visited = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']
    for (const path of new Set(server.routes.map(route => pathOf(route, id)))) {
      for (const lines of [
        fetched('image'),
        fetched('script'),
        fetched('style'),
        fetched('empty'),
        visited,
        ['Sec-Fetch-Site: same-site'],
        ['Origin: http://evil.test:8000'],
        ['Origin: null'],
      ])
        assert.equal((await server.ask(`GET ${path}`, [...lines, 'Cookie: a=b'])).status, 403, `GET ${path} ${lines}`)
      for (const [type, sent] of posts)
        for (const lines of [
          ['Origin: http://evil.test:8000', ...fetched('empty')],
          ['Origin: http://127.0.0.1:1'],
          ['Origin: null'],
          fetched('document'),
        ]) {
          const { status } = await server.ask(`POST ${path}`, [...lines, `Content-Type: ${type}`], { body: sent })
          assert.equal(status, 403, `POST ${path} as ${type} with ${lines}`)
        }
    }
    assert.equal(server.entered(), before, 'no handler was entered')
    assert.equal(stateOf(server.dataDir), state)
  })

  test('[S06] a link in a foreign page leads to our page, not to anything that is only for who may come in', async () => {
    await using server = await startLiveServer()
    const visited = [
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Dest: document',
      'Accept: text/html',
    ]
    assert.equal((await server.ask('GET /', visited)).status, 200)
    assert.equal((await server.ask('GET /oauth/github/callback?code=x', visited)).status, 200)
    assert.equal(
      (await server.ask('GET /', ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe']))
        .status,
      403,
    )
    for (const path of ['/api/conversations', '/api/settings', '/metrics'])
      assert.equal((await server.ask(`GET ${path}`, visited)).status, 403, path)
    assert.equal((await server.ask('GET /api/conversations', ['Sec-Fetch-Site: same-origin'])).status, 200)
    assert.equal((await server.ask('GET /api/conversations', ['Sec-Fetch-Site: none'])).status, 200)
  })

  test('[S06] reading changes nothing: GET and HEAD of every route leave everything as it was', async () => {
    await using server = await startLiveServer()
    const id = await restingConversation(server)
    const reads = server.routes.filter(
      ({ method, url }) =>
        (method === 'GET' || method === 'HEAD') && !/stream|zip|files|file|web-hosts|vscode/.test(url),
    )
    for (const route of reads) await call(server, route, [], id)
    const state = stateOf(server.dataDir)
    for (const route of reads) await call(server, route, [], id)
    assert.equal(stateOf(server.dataDir), state)
  })
})
