import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type RawAnswer, rawHttp } from '../src/testing/raw-http.ts'
import { RawSocket } from '../src/testing/raw-socket.ts'
import { tool } from '../src/testing/scripted-model/script.ts'
import { ServerProcess, temporaryFolder } from '../src/testing/server-process.ts'
import type { SocketClient } from '../src/testing/socket-client.ts'
import { World } from '../src/testing/world.ts'

const main = fileURLToPath(new URL('../bin/openhands.mjs', import.meta.url))
const script = (): ReturnType<typeof tool> => tool('finish', { message: 'Done.' })

/** One request, written by hand; `Host` is the right one unless the lines have another. */
function ask(url: string, request: string, lines: readonly string[] = [], options = {}): Promise<RawAnswer> {
  const own = lines.some(line => /^host:/i.test(line)) ? [] : [`Host: ${new URL(url).host}`]
  return rawHttp(url, [`${request} HTTP/1.1`, ...own, ...lines, '', ''].join('\r\n'), options)
}

/** The status of an answer to an upgrade, once it is there. */
async function knock(url: string, lines: readonly string[] = [], target = '/ws', protocols?: string): Promise<number> {
  const client = new RawSocket(url, { lines, target, ...(protocols === undefined ? {} : { protocols }) })
  client.read()
  await client.until(() => client.head !== undefined, 'an answer')
  client.socket.destroy()
  return Number(client.head?.split(' ')[1])
}

/** Headers that every answer has (S36), and what no answer has. */
function assertTellsNothing({ status, headers, body }: RawAnswer, what: string): void {
  assert.equal(headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'", what)
  assert.equal(headers.get('x-content-type-options'), 'nosniff', what)
  assert.equal(headers.get('referrer-policy'), 'no-referrer', what)
  assert.equal(headers.get('cache-control'), 'no-store', what)
  assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin', what)
  assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin', what)
  for (const name of ['server', 'x-powered-by', 'access-control-allow-origin', 'www-authenticate'])
    assert.equal(headers.has(name), false, `${name} of ${what}`)
  if (status === 401 || status === 403 || status === 421 || status === 429) assert.equal(body, '', what)
  assert.doesNotMatch(body, /\/work|node_modules|\.ts\b|at .*:\d+|fastify|FST_/i, what)
}

describe('a server that asks for its token', () => {
  let world: World
  let token = ''
  let bearer = ''
  before(async () => {
    world = await World.start({ script, args: ['--token-required', '--log-level', 'debug'] })
    token = readFileSync(join(world.dataDir, 'token'), 'utf8').trim()
    bearer = `Authorization: Bearer ${token}`
  })
  after(() => world[Symbol.asyncDispose]())

  test('[S08] the token’s file is for its owner only and holds 128 random bits at least', () => {
    assert.equal(statSync(world.dataDir).mode & 0o777, 0o700)
    for (const name of ['token', '.jwt_secret'])
      assert.equal(statSync(join(world.dataDir, name)).mode & 0o777, 0o600, name)
    assert.ok(Buffer.from(token, 'base64url').length >= 16)
    assert.notEqual(token, readFileSync(join(world.dataDir, '.jwt_secret'), 'utf8').trim())
    const commandLine = readFileSync(`/proc/${world.server.pid}/cmdline`, 'latin1')
    const environment = readFileSync(`/proc/${world.server.pid}/environ`, 'latin1')
    assert.ok(!commandLine.includes(token) && !environment.includes(token))
  })

  test('[S02] [S36] without the token every method of every path is refused alike, whether it exists or not', async () => {
    const paths = ['/ws', '/api/options/models', '/nothing', '/health/', '/HEALTH', '//health', '//', '/%2e%2e/health']
    const odd = [
      '/./health',
      '/health%00',
      '/%zz',
      '/%',
      '/ws/',
      '/a?b=%zz',
      `/${'x'.repeat(2_000)}`,
      '/health;a=1',
      '/..%2fhealth',
    ]
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']
    for (const path of [...paths, ...odd])
      for (const method of methods) {
        const what = `${method} ${path.slice(0, 40)}`
        const answer = await ask(world.server.url, `${method} ${path}`)
        assert.equal(answer.status, 401, what)
        assertTellsNothing(answer, what)
      }
    for (const method of methods.filter(name => name !== 'GET' && name !== 'HEAD')) {
      assert.equal((await ask(world.server.url, `${method} /`)).status, 401, `${method} /`)
      assert.equal((await ask(world.server.url, `${method} /health`)).status, 401, `${method} /health`)
    }
    assert.equal((await ask(world.server.url, 'GET /health?detail=1')).status, 401, 'the details are not for everybody')
    assert.equal((await ask(world.server.url, 'POST /nothing', ['Content-Length: 2', '', '{}'])).status, 401)
    assert.equal((await ask(world.server.url, 'GET /nothing', ['Expect: tea'])).status, 401)
  })

  test('[S02] only /health is open, and it says nothing', async () => {
    const answer = await ask(world.server.url, 'GET /health')
    assert.deepEqual([answer.status, answer.body], [200, '"OK"'])
    assertTellsNothing(answer, '/health')
    assert.equal((await ask(world.server.url, 'HEAD /health')).status, 200)
    const known = await ask(world.server.url, 'GET /health?detail=1', [bearer])
    assert.deepEqual(Object.keys(JSON.parse(known.body)).sort(), [
      'isolated',
      'memoryBytes',
      'sandbox',
      'sessions',
      'status',
    ])
  })

  test('[S02] [S36] with the token, what is not there is 404 and what is wrong is 400, and both tell nothing', async () => {
    const table: [string, readonly string[], number][] = [
      ['GET /nothing', [bearer], 404],
      ['OPTIONS /health', [bearer], 404],
      ['GET /%zz', [bearer], 400],
      ['GET /ws', [bearer], 404],
      ['POST /health', [bearer, 'Content-Length: 0'], 404],
    ]
    for (const [request, lines, status] of table) {
      const answer = await ask(world.server.url, request, lines)
      assert.equal(answer.status, status, request)
      assertTellsNothing(answer, request)
    }
  })

  test('[S36] what is no HTTP at all is answered with the same headers', async () => {
    for (const text of ['HELO\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n']) {
      const answer = await rawHttp(world.server.url, text)
      assert.equal(answer.status, 400, text)
      assertTellsNothing(answer, text)
    }
    const long = await ask(world.server.url, 'GET /health', [`X-Long: ${'x'.repeat(100_000)}`])
    assert.equal(long.status, 431)
    assertTellsNothing(long, 'too many headers')
  })

  test('[S02] [S07] the upgrade is refused before the 101 unless the token is in its place', async () => {
    const { url } = world.server
    const refused: [string, readonly string[], string, string | undefined][] = [
      ['nothing', [], '/ws', undefined],
      ['an empty one', ['Authorization: Bearer '], '/ws', undefined],
      ['a wrong one', ['Authorization: Bearer wrong'], '/ws', undefined],
      ['in the query', [], `/ws?token=${token}&access_token=${token}&bearer=${token}`, undefined],
      ['in a cookie', [`Cookie: token=${token}`], '/ws', undefined],
      ['as a sub-protocol of another name', [], '/ws', `openhands, ${token}, NO_GITHUB`],
      ['a page without a token', [], '/ws', 'openhands, NO_JWT, NO_GITHUB'],
      ['a wrong one as sub-protocol', [], '/ws', 'bearer.wrong'],
      ['on a path that is none', [], '/elsewhere', undefined],
      ['on a path that is no address', [], '//', undefined],
    ]
    for (const [what, lines, target, protocols] of refused)
      assert.equal(await knock(url, lines, target, protocols), 401, what)
    assert.equal(await knock(url, [bearer]), 101)
    assert.equal(await knock(url, [], '/ws', `bearer.${token}`), 101)
    assert.equal(await knock(url, [], '/ws', `openhands, NO_JWT, NO_GITHUB, bearer.${token}`), 101)
    for (const target of ['/elsewhere', '//', '/ws/', '/%77s', '/health'])
      assert.equal(await knock(url, [bearer], target), 404, target)
  })

  test('[S36] an upgrade that is refused or broken has the headers of every answer and no body', async () => {
    const broken = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
    const table: [readonly string[], number][] = [
      [broken, 401],
      [[...broken, bearer], 400],
      [[...broken, bearer, 'Sec-WebSocket-Key: short'], 400],
      [[...broken, bearer, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol: a,,b'], 400],
      [[...broken, bearer, 'Origin: https://evil.test'], 403],
      [[...broken, bearer, 'Host: evil.test'], 421],
    ]
    for (const [lines, status] of table) {
      const answer = await ask(world.server.url, 'GET /ws', lines)
      assert.deepEqual([answer.status, answer.body], [status, ''], lines.at(-1))
      assertTellsNothing(answer, String(lines.at(-1)))
    }
  })

  test('[S03] an Origin that is not ours is refused before the 101, with a valid token too', async () => {
    const { host, port } = new URL(world.server.url)
    const evil = [
      `http://127.0.0.1:${Number(port) + 1}`,
      `http://localhost:${port}`,
      'http://localhost.evil.test',
      'http://127.0.0.1.evil.test',
      `HTTP://${host}`,
      'null',
      'file://',
      'vscode-webview://x',
      'https://evil.test',
      `http://${'a'.repeat(8_000)}.test`,
    ]
    for (const origin of evil)
      assert.equal(await knock(world.server.url, [bearer, `Origin: ${origin}`]), 403, origin.slice(0, 50))
    assert.equal(await knock(world.server.url, [bearer, `Origin: http://${host}`, `Origin: http://${host}`]), 403)
    assert.equal(await knock(world.server.url, [bearer, `Origin: http://${host}`]), 101)
    assert.equal(await knock(world.server.url, [bearer]), 101)
  })

  test('[S04] a Host that is not ours is refused on every route and on the upgrade, without a body', async () => {
    const { host, port } = new URL(world.server.url)
    const foreign = [
      'evil.test',
      `evil.test:${port}`,
      '127.0.0.1',
      '[::1]',
      `127.0.0.1.evil.test:${port}`,
      `localhost.:${port}`,
    ]
    for (const name of foreign) {
      const lines = [`Host: ${name}`, `X-Forwarded-Host: ${host}`, bearer]
      for (const path of ['/health', '/health?detail=1', '/nothing', '/ws']) {
        const answer = await ask(world.server.url, `GET ${path}`, lines)
        assert.deepEqual([answer.status, answer.body], [421, ''], `${name} ${path}`)
      }
      assert.equal(await knock(world.server.url, lines), 421, name)
    }
    const own = [`Host: ${host}`, `Host: evil.test`, bearer]
    assert.equal((await ask(world.server.url, 'GET /health', own)).status, 421)
    assert.equal(await knock(world.server.url, own), 421)
    assert.equal((await ask(world.server.url, `GET http://${host}/health`, [bearer])).status, 421)
    assert.equal((await rawHttp(world.server.url, `GET /health HTTP/1.0\r\n${bearer}\r\n\r\n`)).status, 421)
    assert.equal((await rawHttp(world.server.url, `GET /health HTTP/1.1\r\n${bearer}\r\n\r\n`)).status, 421)
    for (const name of [host, `localhost:${port}`, `[::1]:${port}`])
      assert.equal((await ask(world.server.url, 'GET /health', [`Host: ${name}`])).status, 200, name)
  })

  test('[S09] a session’s token opens that session and no other', async () => {
    const connect = (): Promise<SocketClient> =>
      world.connect({ protocols: ['openhands', 'NO_JWT', 'NO_GITHUB', `bearer.${token}`] })
    const [a, b] = await Promise.all([connect(), connect()])
    a.say('the canary of a')
    b.say('the canary of b')
    await Promise.all([a, b].map(client => client.waitForState('finished')))
    const of = async (client: SocketClient): Promise<string> =>
      (await client.waitFor<{ token: string }>(frame => 'token' in frame)).token
    assert.notEqual(a.session, b.session)
    const again = await world.connect({ protocols: ['openhands', await of(b), 'NO_GITHUB'] })
    again.send({ action: 'initialize', args: {} })
    await again.waitForState('finished')
    assert.equal(again.session, b.session)
    for (const client of [b, again]) assert.ok(!JSON.stringify(client.frames).includes('the canary of a'))
    const foreign = `openhands, ${await of(b)}, NO_GITHUB`
    assert.equal(await knock(world.server.url, [], `/ws?session=${a.session}`, foreign), 404, 'not 403: nobody is told')
    assert.equal(await knock(world.server.url, [], `/ws?session=${b.session}`, foreign), 101)
    await Promise.all([a, b, again].map(client => client.close()))
  })

  test('[S09] a session that is not there is 404 before the 101', async () => {
    for (const name of ['7b3e0c1a-98b5-4c76-9f0e-0a3d1f1c2b4d', '', '..', '../../etc/passwd', '__proto__'])
      assert.equal(await knock(world.server.url, [bearer], `/ws?session=${encodeURIComponent(name)}`), 404, name)
  })

  test('[S07] neither the log nor standard output has ever shown a token', () => {
    const printed = world.server.log.join('\n')
    assert.match(printed, /Clients need the token in \S+\/token/)
    assert.ok(!printed.includes(token) && !printed.includes('eyJ'))
  })

  test('[S08] a thousand bad tokens from one address: it has to wait, others get in', async () => {
    const statuses = new Map<number, number>()
    const many = (n: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: n }, async (_, i) => {
          const { status } = await ask(world.server.url, 'GET /nothing', [`Authorization: Bearer bad-${i}`], {
            localAddress: '127.0.0.3',
          })
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
        }),
      )
    for (let i = 0; i < 10; i++) await many(100)
    assert.deepEqual([...statuses.keys()].sort(), [401, 429])
    assert.ok((statuses.get(401) ?? 0) <= 120, `${statuses.get(401)} tries were looked at`)
    const asThat = (localAddress: string): Promise<RawAnswer> =>
      ask(world.server.url, 'GET /nothing', [bearer], { localAddress })
    assert.equal((await asThat('127.0.0.3')).status, 429)
    assert.equal((await asThat('127.0.0.2')).status, 404)
  })

  test('[S08] another token in the file: the old one is refused and live sockets are closed', async () => {
    const client = await world.connect({ headers: { authorization: `Bearer ${token}` } })
    const path = join(world.dataDir, 'token')
    writeFileSync(`${path}.new`, 'another-token-for-this-server\n', { mode: 0o600 })
    renameSync(`${path}.new`, path)
    await client.closed()
    assert.equal(client.closeCode, 4401)
    assert.equal((await ask(world.server.url, 'GET /nothing', [bearer])).status, 401)
    assert.equal(await knock(world.server.url, [], '/ws', `bearer.${token}`), 401)
    assert.equal(await knock(world.server.url, [], '/ws', 'bearer.another-token-for-this-server'), 101)
  })
})

describe('a server in local mode', () => {
  let world: World
  before(async () => {
    world = await World.start({ script })
  })
  after(() => world[Symbol.asyncDispose]())

  test('[§4.1] a client of the same user needs no token, nor does our own page; none is made', async () => {
    const { host } = new URL(world.server.url)
    assert.equal(await knock(world.server.url), 101)
    assert.equal(await knock(world.server.url, [`Origin: http://${host}`]), 101)
    assert.equal((await ask(world.server.url, 'GET /health?detail=1')).status, 200)
    assert.equal(existsSync(join(world.dataDir, 'token')), false)
  })

  test('[§4.1] what came through a proxy is not local; [S03] [S04] nor what a foreign page or name brings', async () => {
    for (const line of [
      'X-Forwarded-For: 127.0.0.1',
      'Forwarded: for=127.0.0.1',
      'Via: 1.1 x',
      'X-Forwarded-Proto: https',
    ]) {
      assert.equal(await knock(world.server.url, [line]), 401, line)
      assert.equal((await ask(world.server.url, 'GET /nothing', [line])).status, 401, line)
    }
    assert.equal(await knock(world.server.url, ['Origin: https://evil.test']), 403)
    assert.equal(await knock(world.server.url, ['Host: evil.test']), 421)
  })

  test('[§4.1] a process of another user needs a token', async () => {
    const { hostname, port, host } = new URL(world.server.url)
    const request = `GET /nothing HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
    const code = `if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534) }
      const socket = require('node:net').connect(${port}, '${hostname}')
      socket.write(${JSON.stringify(request)})
      socket.pipe(process.stdout)`
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    // Only root can become somebody else; `own-peer.test.ts` has the table that decides, for everybody.
    const status = process.getuid?.() === 0 ? 401 : 404
    assert.match(String(await child.stdout.toArray()), new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  test('[S01] only the loopback listens', async () => {
    const { port } = new URL(world.server.url)
    assert.deepEqual(listeners(Number(port)), ['0100007F'])
    for (const { address, family, internal } of Object.values(networkInterfaces()).flatMap(each => each ?? []))
      if (family === 'IPv4' && !internal)
        await assert.rejects(rawHttp(`http://${address}:${port}`, 'GET / HTTP/1.0\r\n\r\n'), /ECONNREFUSED/)
  })
})

/** The addresses, as the kernel writes them, at which somebody listens on a port. */
function listeners(port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(table =>
    readFileSync(table, 'latin1')
      .split('\n')
      .map(line => line.trim().split(/\s+/))
      .flatMap(([, local = '', , state]) =>
        state === '0A' && local.endsWith(suffix) ? [local.split(':')[0] ?? ''] : [],
      ),
  )
}

describe('[S01] a wide bind', () => {
  const wide: [string, readonly string[], Readonly<Record<string, string>>, string][] = [
    ['an option', ['--host', '0.0.0.0', '--no-auth'], {}, ''],
    ['IPv6', ['--host', '::', '--no-auth'], {}, ''],
    ['an address of a network', ['--host', '192.168.7.7', '--no-auth'], {}, ''],
    ['loopback in another spelling', ['--host', '::ffff:0.0.0.0', '--no-auth'], {}, ''],
    ['the environment', ['--no-auth'], { HOST: '0.0.0.0' }, ''],
    ['both from the environment', [], { HOST: '0.0.0.0', OPENHANDS_AUTH: 'false' }, ''],
    ['a file', [], {}, '[core]\nhost = "0.0.0.0"\nauth = false\n'],
  ]
  for (const [what, args, env, file] of wide)
    test(`[S01] ${what}: without authentication it ends with 2 and one line, before any socket`, async () => {
      await using folder = await temporaryFolder()
      writeFileSync(join(folder.path, 'config.toml'), file)
      const dataDir = join(folder.path, 'data')
      const child = spawn(process.execPath, [main, 'serve', '--port', '0', '--data-dir', dataDir, ...args], {
        cwd: folder.path,
        env: { PATH: process.env.PATH, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const closed = new Promise(resolve => child.once('close', resolve))
      const [out, err] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()])
      assert.equal(await closed, 2)
      assert.equal(out.join(''), '')
      assert.match(err.join(''), /^openhands: --no-auth cannot go with --host \S+: .*\n$/)
      assert.equal(existsSync(dataDir), false, 'nothing was made, and so nothing opened')
    })

  test('[S01] with authentication it starts, and says where the token is and that it crosses in clear', async () => {
    await using folder = await temporaryFolder()
    await using server = await ServerProcess.start({ dataDir: folder.path, args: ['--host', '0.0.0.0'] })
    const url = server.url.replace('0.0.0.0', '127.0.0.1')
    const token = readFileSync(join(folder.path, 'token'), 'utf8').trim()
    await said(server, /crosses the network in clear/)
    assert.match(server.log.join('\n'), new RegExp(`Clients need the token in ${folder.path}/token`))
    assert.ok(!server.log.join('\n').includes(token))
    assert.equal(await knock(url), 401, 'loopback is not enough here')
    assert.equal(await knock(url, [`Authorization: Bearer ${token}`]), 101)
    for (const { address, family, internal } of Object.values(networkInterfaces()).flatMap(each => each ?? []))
      if (family === 'IPv4' && !internal)
        assert.equal(await knock(url.replace('127.0.0.1', address), [`Authorization: Bearer ${token}`]), 101, address)
  })

  test('[S08] a token from the environment is asked for on the loopback too, and is not written down', async () => {
    await using folder = await temporaryFolder()
    const token = 'a-token-that-the-operator-chose'
    await using server = await ServerProcess.start({ dataDir: folder.path, env: { OPENHANDS_TOKEN: token } })
    assert.equal(await knock(server.url), 401)
    assert.equal(await knock(server.url, [`Authorization: Bearer ${token}`]), 101)
    assert.equal(existsSync(join(folder.path, 'token')), false)
    assert.ok(!server.log.join('\n').includes(token))
  })
})

/** Resolves once the server has printed something. */
async function said(server: ServerProcess, what: RegExp): Promise<void> {
  while (!what.test(server.log.join('\n'))) await new Promise(setImmediate)
}
