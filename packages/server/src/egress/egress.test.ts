import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer as createHttp, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { SessionId } from '@openhands/protocol'
import { type WebSocket, WebSocketServer } from 'ws'
import type { EgressDoor, EgressRefusal } from '../core/ports.ts'
import { Secret } from '../lib/secret.ts'
import { temporaryFolder } from '../testing/server-process.ts'
import { TestAuthority } from '../testing/test-authority.ts'
import { parseCredentials } from './credential.ts'
import { createEgress, type EgressOptions } from './egress.ts'
import type { EgressMode } from './policy.ts'
import { parseEgressList } from './rule.ts'

const session = SessionId.parse('e'.repeat(32))
const canary = 'canary-7f3a9c'

/** What a server of the world got, and where it listens. */
interface Upstream {
  readonly server: Server
  readonly port: number
  readonly seen: { method: string; url: string; headers: IncomingMessage['headers']; hosts: number; body: string }[]
  connections: number
}

async function upstream(server: Server): Promise<Upstream> {
  const world: Upstream = { server, port: 0, seen: [], connections: 0 }
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(incoming)
    const hosts = incoming.rawHeaders.filter(name => name.toLowerCase() === 'host').length
    world.seen.push({ method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, hosts, body })
    if (incoming.url === '/redirect') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
    if (response.headersSent) return
    response.setHeader('X-Answer', 'yes')
    response.end(`you sent ${body}`)
  }
  server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
    answer(incoming, response).catch(() => response.destroy())
  })
  server.on('connection', () => world.connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { ...world, port: (server.address() as AddressInfo).port } // listening on TCP
}

/** Sends bytes to a proxy as they are and resolves to all that comes back until it closes. */
async function raw(door: EgressDoor, bytes: string): Promise<string> {
  const socket = connect(join(door.folder, 'proxy.sock'))
  socket.write(bytes)
  return text(socket)
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

async function ask(
  door: EgressDoor,
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const sent = request({ socketPath: join(door.folder, 'proxy.sock'), path: url, method, headers, agent: false })
  sent.end(body)
  const [incoming] = (await once(sent, 'response')) as [IncomingMessage] // what Node emits
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: await text(incoming) }
}

/** A tunnel through the proxy, or its refusal. */
async function tunnel(door: EgressDoor, target: string): Promise<{ status: number; socket: Socket; body: string }> {
  const sent = request({ socketPath: join(door.folder, 'proxy.sock'), method: 'CONNECT', path: target, agent: false })
  sent.end()
  const [incoming, socket, head] = (await once(sent, 'connect')) as [IncomingMessage, Socket, Buffer] // what Node emits
  const status = incoming.statusCode ?? 0
  return { status, socket, body: status === 200 ? '' : head.toString() + (await text(socket)) }
}

describe('the way out', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let http: Upstream
  let https: Upstream
  const authority = new TestAuthority()
  const stack = new AsyncDisposableStack()
  let folders = 0

  before(async () => {
    folder = stack.use(await temporaryFolder())
    http = await upstream(createHttp())
    https = await upstream(createHttps(authority.identityOf('secure.test')))
    for (const { server } of [http, https])
      stack.defer(() => {
        server.close()
        server.closeAllConnections()
      })
  })
  after(() => stack.disposeAsync())

  /** A door with a policy; names ending in `.test` are this machine. */
  const open = async (
    mode: EgressMode,
    list: string,
    options: Partial<EgressOptions> & { dataDirectory?: string } = {},
  ): Promise<EgressDoor & { refusals: EgressRefusal[] }> => {
    const dataDirectory = options.dataDirectory ?? join(folder.path, `data-${++folders}`)
    await mkdir(dataDirectory, { recursive: true })
    const egress = createEgress({
      dataDirectory,
      policyOf: () => ({ mode, rules: parseEgressList(list) }),
      lookup: async name => (name.endsWith('.test') ? ['127.0.0.1'] : Promise.reject(new Error('not asked for'))),
      certificates: [authority.certificate],
      ...options,
    })
    const refusals: EgressRefusal[] = []
    return { ...(await egress.open(session, refusal => refusals.push(refusal))), refusals }
  }
  const closing = async <T extends EgressDoor>(door: T): Promise<T & AsyncDisposable> => door

  test('a door is a folder that everybody can read, with a socket that everybody can use, gone when it is closed', async () => {
    const dataDirectory = join(folder.path, `long-${'x'.repeat(120)}`)
    await mkdir(join(dataDirectory, 'runtime', 'egress', 'stale'), { recursive: true })
    const door = await open('none', '', { dataDirectory })
    assert.equal((await stat(door.folder)).mode & 0o777, 0o755)
    assert.equal((await stat(join(door.folder, 'proxy.sock'))).mode & 0o777, 0o666)
    assert.equal((await stat(join(door.folder, 'ca.crt'))).mode & 0o777, 0o644)
    const certificates = await readFile(join(door.folder, 'ca.crt'), 'utf8')
    assert.ok(certificates.includes(authority.certificate))
    assert.ok((certificates.match(/BEGIN/g)?.length ?? 0) > 20, 'those of the system are there too')
    await door[Symbol.asyncDispose]()
    const left = await readdir(join(dataDirectory, 'runtime', 'egress'))
    assert.deepEqual(left, ['certificates.crt'])
  })

  test('[S28] without network access every refusal names host and remedy', async () => {
    await using door = await closing(await open('none', 'plain.test=private'))
    const wanted = `Network access to plain.test:${http.port} was refused: this session has no network access. To allow it, start the server with --egress-allow plain.test:${http.port} or add it to EGRESS_ALLOW.`
    const answer = await ask(door, `http://plain.test:${http.port}/`)
    assert.equal(answer.status, 403)
    assert.equal(answer.body, `${wanted}\n`)
    assert.equal(answer.headers['x-refused-by'], 'openhands-egress')
    assert.match(String(answer.headers['content-type']), /^text\/plain/)
    const connected = await tunnel(door, `plain.test:${http.port}`)
    assert.deepEqual([connected.status, connected.body], [403, `${wanted}\n`])
    assert.deepEqual(
      door.refusals.map(({ message }) => message),
      [wanted, wanted],
    )
    assert.equal(door.refusals[0]?.target, `plain.test:${http.port}`)
  })

  test('a listed host is reached, by plain requests with bodies and by tunnels', async () => {
    await using door = await closing(await open('list', `plain.test:${http.port}=private`))
    const answer = await ask(door, `http://plain.test:${http.port}/a?b=c%20d`, {
      method: 'POST',
      body: 'x'.repeat(300_000),
    })
    assert.equal(answer.status, 200)
    assert.equal(answer.body.length, 'you sent '.length + 300_000)
    assert.equal(answer.headers['x-answer'], 'yes')
    assert.equal(http.seen.at(-1)?.url, '/a?b=c%20d')
    assert.equal(http.seen.at(-1)?.headers.host, `plain.test:${http.port}`)
    const { socket } = await tunnel(door, `plain.test:${http.port}`)
    socket.end('GET /tunnelled HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n')
    assert.match(await text(socket), /^HTTP\/1.1 200 OK[\s\S]*you sent $/)
    assert.deepEqual(door.refusals, [])
  })

  test('a request without a body stays one, and a chunked one too', async () => {
    await using door = await closing(await open('list', `plain.test:${http.port}=private`))
    const head = (method: string, more = ''): string =>
      `${method} http://plain.test:${http.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`
    await raw(door, head('GET'))
    assert.equal(http.seen.at(-1)?.headers['transfer-encoding'], undefined)
    assert.equal(http.seen.at(-1)?.headers['content-length'], undefined)
    await raw(door, head('POST'))
    assert.equal(http.seen.at(-1)?.headers['content-length'], '0')
    await raw(door, `${head('PUT', 'Transfer-Encoding: chunked\r\n')}3\r\nabc\r\n0\r\n\r\n`)
    assert.equal(http.seen.at(-1)?.body, 'abc')
    assert.match(
      await raw(door, `${head('PUT', 'Content-Length: 3\r\nExpect: 100-continue\r\n')}abc`),
      /100 Continue[\s\S]*200 OK/,
    )
    assert.match(await raw(door, head('HEAD')), /^HTTP\/1.1 200 OK[\s\S]*\r\n\r\n$/)
  })

  test('headers of one hop, and those for proxies, stay here; the host is the one that was judged', async () => {
    await using door = await closing(await open('list', `plain.test:${http.port}=private`))
    const lines = [
      `GET http://plain.test:${http.port}/ HTTP/1.1`,
      'Host: evil.test',
      'Connection: close, X-Secret',
      'X-Secret: 1',
      'Proxy-Authorization: Basic eA==',
      'Proxy-Connection: keep-alive',
      'Keep-Alive: timeout=5',
      'TE: trailers',
      'X-Kept: a',
      'X-Kept: b',
    ]
    await raw(door, `${lines.join('\r\n')}\r\n\r\n`)
    assert.deepEqual(http.seen.at(-1)?.headers, {
      host: `plain.test:${http.port}`,
      'x-kept': 'a, b',
      connection: 'close',
    })
    assert.equal(http.seen.at(-1)?.hosts, 1)
  })

  test('requests that two readers might read differently are not passed on', async () => {
    await using door = await closing(await open('list', `plain.test:${http.port}=private`))
    const before = http.seen.length
    const smuggled = [
      'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n',
      'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
      'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
      'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
      'X: a\r\n b: c\nd\r\n\r\n',
      'Content-Length: +4\r\n\r\nabcd',
    ]
    for (const rest of smuggled)
      assert.match(
        await raw(door, `POST http://plain.test:${http.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${rest}`),
        /^HTTP\/1.1 400 /,
        rest,
      )
    assert.match(
      await raw(door, `GET http://plain.test:${http.port}/ HTTP/1.1\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`),
      /^HTTP\/1.1 400 /,
    )
    assert.equal(http.seen.length, before)
  })

  test('[S32] look-alikes of a listed host are refused, and nothing is even resolved', async () => {
    const asked: string[] = []
    const lookup = async (name: string): Promise<string[]> => {
      asked.push(name)
      return ['127.0.0.1']
    }
    const { port } = http
    await using door = await closing(await open('list', `docs.example.test:${port}=private`, { lookup }))
    const refused = [
      `docs.example.test.evil.test:${port}`,
      `evildocs.example.test:${port}`,
      `docs.example.test@evil.test:${port}`,
      `user:pass@docs.example.test:${port}`,
      `docs.example.test:${port === 81 ? 82 : 81}`,
      `docs%2eexample.test:${port}`,
      `docs.example.test%00.evil.test:${port}`,
      `example.test:${port}`,
      'docs.example.test',
    ]
    for (const host of refused) {
      assert.match(
        await raw(door, `GET http://${host}/ HTTP/1.1\r\nConnection: close\r\n\r\n`),
        /^HTTP\/1.1 403 /,
        host,
      )
      if (host !== 'docs.example.test')
        assert.equal((await raw(door, `CONNECT ${host} HTTP/1.1\r\n\r\n`)).slice(9, 12), '403', host)
    }
    assert.match(await raw(door, `CONNECT d\u00f6cs.example.test:${port} HTTP/1.1\r\n\r\n`), /^HTTP\/1.1 40[03] /)
    assert.deepEqual(asked, [])
    for (const host of [`docs.example.test:${port}`, `DOCS.example.Test:${port}`, `docs.example.test.:${port}`])
      assert.equal((await ask(door, `http://${host}/`)).status, 200, host)
    assert.equal(door.refusals.length, refused.length * 2 - 1)
  })

  test('[S31] no spelling of an inner address is reached, by any way', async () => {
    await using door = await closing(await open('open', ''))
    const { port } = http
    const before = http.connections
    const hosts = [
      ...[
        '127.0.0.1',
        '127.1',
        '2130706433',
        '017700000001',
        '0x7f000001',
        '0',
        '0.0.0.0',
        'localhost.test',
        'a.test.',
      ],
      ...[
        '[::1]',
        '[::ffff:7f00:1]',
        '[::ffff:127.0.0.1]',
        '[64:ff9b::7f00:1]',
        '[2002:7f00:1::]',
        '[::]',
        '[fd00::1]',
      ],
      ...[
        '10.0.0.1',
        '192.168.1.1',
        '172.16.0.1',
        '169.254.169.254',
        '100.64.0.1',
        '224.0.0.1',
        '[fe80::1]',
        '[ff02::1]',
      ],
    ]
    for (const host of hosts) {
      const answer = await ask(door, `http://${host}:${port}/`)
      assert.equal(answer.status, 403, host)
      assert.match(answer.body, /address/)
      assert.equal((await tunnel(door, `${host}:${port}`)).status, 403, host)
    }
    for (const host of ['[fe80::1%25eth0]', '[::1%lo]'])
      assert.match(await raw(door, `CONNECT ${host}:80 HTTP/1.1\r\n\r\n`), /^HTTP\/1.1 403 /)
    for (const url of ['file:///etc/passwd', 'gopher://127.0.0.1/', 'ftp://127.0.0.1/'])
      assert.match((await ask(door, url)).body, /only http and https/)
    assert.equal(http.connections, before)
  })

  test('[S31] one inner address among several is enough to refuse them all', async () => {
    const lookup = async (): Promise<string[]> => ['127.0.0.1', '169.254.169.254']
    await using door = await closing(await open('list', `plain.test:${http.port}=private`, { lookup }))
    const before = http.connections
    assert.match((await ask(door, `http://plain.test:${http.port}/`)).body, /169.254.169.254 is a link-local address/)
    assert.equal(http.connections, before)
  })

  test('[S31] what was checked is what is dialled, whatever the name says a moment later', async () => {
    let asked = 0
    // The second answer would lead to another server on the same port.
    const other = createServer(socket => socket.end('wrong'))
    other.listen(http.port, '127.0.0.2')
    await once(other, 'listening')
    await using _ = { [Symbol.asyncDispose]: async () => void other.close() }
    const lookup = async (): Promise<string[]> => [asked++ % 2 === 0 ? '127.0.0.1' : '127.0.0.2']
    await using door = await closing(await open('list', `flip.test:${http.port}=private`, { lookup }))
    assert.match((await ask(door, `http://flip.test:${http.port}/`)).body, /you sent/)
    assert.equal(asked, 1)
    asked = 0
    const { socket } = await tunnel(door, `flip.test:${http.port}`)
    assert.equal(asked, 1)
    socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    assert.match(await text(socket), /you sent/)
  })

  test('[S31] private addresses are for entries that name them', async () => {
    const { port } = http
    for (const [list, url, status] of [
      [`127.0.0.1:${port}`, `http://127.0.0.1:${port}/`, 200],
      [`127.0.0.1:${port}`, `http://127.1:${port}/`, 200],
      [`127.0.0.1:${port}`, `http://plain.test:${port}/`, 403],
      [`plain.test:${port}`, `http://plain.test:${port}/`, 403],
      [`plain.test:${port}=private`, `http://plain.test:${port}/`, 200],
      [`plain.test:${port}=private`, `http://127.0.0.1:${port}/`, 403],
      [`*.test:${port}=private`, `http://plain.test:${port}/`, 200],
    ] as const) {
      await using door = await closing(await open('list', list))
      const answer = await ask(door, url)
      assert.equal(answer.status, status, `${list} ← ${url}`)
    }
    await using door = await closing(await open('list', `plain.test:${port}`))
    assert.match((await ask(door, `http://plain.test:${port}/`)).body, /--egress-allow plain.test:\d+=private /)
  })

  test('[S31] a redirect is the client’s affair, and its next request is judged like the first', async () => {
    await using door = await closing(await open('list', `plain.test:${http.port}=private`))
    const answer = await ask(door, `http://plain.test:${http.port}/redirect`)
    assert.equal(answer.status, 302)
    assert.equal((await ask(door, String(answer.headers.location))).status, 403)
  })

  test('what cannot be reached is told as that, and not as refused', async () => {
    const lookup = async (name: string): Promise<string[]> => {
      if (name === 'none.test') throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
      return name === 'empty.test' ? [] : ['127.0.0.1']
    }
    await using door = await closing(await open('list', 'none.test empty.test plain.test:9=private', { lookup }))
    const table = [
      ['http://none.test/', /none.test:80 failed: the name could not be resolved \(ENOTFOUND\)/],
      ['http://empty.test/', /failed: the name has no address/],
      ['http://plain.test:9/', /plain.test:9 failed: connect ECONNREFUSED/],
    ] as const
    for (const [url, message] of table) {
      const answer = await ask(door, url)
      assert.equal(answer.status, 502)
      assert.match(answer.body, message)
    }
    const { status, body } = await tunnel(door, 'plain.test:9')
    assert.equal(status, 502)
    assert.match(body, /ECONNREFUSED/)
  })

  test('a proxy that is spoken to as a server, or in no HTTP at all, says what it is', async () => {
    await using door = await closing(await open('open', ''))
    assert.match(await raw(door, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), /400[\s\S]*this is a proxy/)
    assert.match(await raw(door, '\x16\x03\x01\r\n\r\n'), /^HTTP\/1.1 400 /)
    assert.match(await raw(door, 'CONNECT plain.test HTTP/1.1\r\n\r\n'), /400[\s\S]*a port is missing/)
    assert.match((await ask(door, 'https://plain.test/')).body, /asked for it with CONNECT/)
  })

  test('a client that gives up ends what it asked for, and nobody is told of a refusal', async () => {
    const [arrived, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const silent = createServer(socket => {
      socket.once('data', () => arrived.resolve())
      socket.on('error', () => undefined).on('close', () => left.resolve())
    })
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    await using _ = { [Symbol.asyncDispose]: async () => void silent.close() }
    const { port } = silent.address() as AddressInfo // listening on TCP
    await using door = await closing(await open('list', `silent.test:${port}=private`))
    const socket = connect(join(door.folder, 'proxy.sock'))
    socket.write(`POST http://silent.test:${port}/ HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc`)
    await arrived.promise
    socket.destroy()
    await left.promise
    assert.deepEqual(door.refusals, [])
  })

  test('a refusal is heard before the end of what was to be sent', async () => {
    await using door = await closing(await open('none', ''))
    const head = 'POST http://other.test/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5000000\r\n\r\n'
    const socket = connect(join(door.folder, 'proxy.sock'))
    socket.write(head)
    const [answer] = (await once(socket, 'data')) as [Buffer] // what Node emits
    assert.match(answer.toString(), /^HTTP\/1.1 403 /)
    const all = await raw(door, head + 'x'.repeat(5_000_000))
    assert.match(all, /^HTTP\/1.1 403 [\s\S]*EGRESS_ALLOW\.\n$/)
    socket.destroy()
  })

  test('a WebSocket goes through as plain requests do; any other change of protocol does not', async () => {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await once(sockets, 'listening')
    await using _ = { [Symbol.asyncDispose]: async () => void sockets.close() }
    sockets.on('connection', (socket: WebSocket) => socket.on('message', data => socket.send(`echo ${data}`)))
    const { port } = sockets.address() as AddressInfo // listening on TCP
    await using door = await closing(await open('list', `ws.test:${port}=private plain.test:${http.port}=private`))
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    }
    const path = `http://ws.test:${port}/`
    const sent = request({ socketPath: join(door.folder, 'proxy.sock'), path, headers, agent: false })
    sent.end()
    const [incoming, socket] = (await once(sent, 'upgrade')) as [IncomingMessage, Socket] // what Node emits
    assert.equal(incoming.headers['sec-websocket-accept'] !== undefined, true)
    // One masked text frame, its mask of zeros: "hi".
    socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]))
    const [frame] = (await once(socket, 'data')) as [Buffer] // what Node emits
    assert.equal(frame.subarray(2).toString(), 'echo hi')
    socket.destroy()
    const plain = await ask(door, `http://plain.test:${http.port}/`, {
      headers: { Connection: 'Upgrade', Upgrade: 'h2c' },
    })
    assert.equal(plain.status, 200)
    assert.equal(http.seen.at(-1)?.headers.upgrade, undefined)
    const refused = request({
      socketPath: join(door.folder, 'proxy.sock'),
      path: 'http://other.test/',
      headers,
      agent: false,
    })
    refused.end()
    const [answer] = (await once(refused, 'response')) as [IncomingMessage] // what Node emits
    assert.equal(answer.statusCode, 403)
    answer.resume()
  })

  /** A request over TLS through a tunnel, by a client that trusts what is in the door. */
  const secureAsk = async (door: EgressDoor, host: string, head: string): Promise<{ text: string; issuer: string }> => {
    const { status, socket, body } = await tunnel(door, host)
    assert.equal(status, 200, body)
    const ca = await readFile(join(door.folder, 'ca.crt'), 'utf8')
    const secure: TLSSocket = connectTls({ socket, servername: host.replace(/:\d+$/, ''), ca })
    await once(secure, 'secureConnect')
    const issuer = String(secure.getPeerCertificate().issuer.CN)
    secure.write(`${head}\r\n\r\n`)
    return { text: await text(secure), issuer }
  }

  test('TLS to a listed host is not touched', async () => {
    await using door = await closing(await open('list', `secure.test:${https.port}=private`))
    const { text: answer, issuer } = await secureAsk(
      door,
      `secure.test:${https.port}`,
      'GET /x HTTP/1.1\r\nHost: secure.test\r\nConnection: close',
    )
    assert.match(answer, /200 OK[\s\S]*you sent/)
    assert.match(issuer, /^Authority of a test/)
  })

  test('methods of a list hold within TLS too', async () => {
    await using door = await closing(await open('list', `GET secure.test:${https.port}=private`))
    const target = `secure.test:${https.port}`
    const read = await secureAsk(door, target, 'GET /read HTTP/1.1\r\nHost: evil.test\r\nConnection: close')
    assert.match(read.issuer, /^OpenHands sandbox proxy/)
    assert.match(read.text, /200 OK/)
    assert.equal(https.seen.at(-1)?.headers.host, target)
    const written = await secureAsk(
      door,
      target,
      'POST /write HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close',
    )
    assert.match(written.text, /403[\s\S]*for GET only, not for POST/)
    const inner = await secureAsk(door, target, 'GET http://other.test/ HTTP/1.1\r\nHost: x\r\nConnection: close')
    assert.match(inner.text, /400/)
    assert.match((await secureAsk(door, target, 'CONNECT other.test:80 HTTP/1.1\r\nHost: x')).text, /400/)
    assert.equal(https.seen.at(-1)?.url, '/read')
  })

  test('methods of a list hold in a tunnel without TLS too', async () => {
    await using door = await closing(await open('list', `GET plain.test:${http.port}=private`))
    for (const [method, wanted] of [
      ['GET', /200 OK/],
      ['POST', /403 Forbidden/],
    ] as const) {
      const { socket } = await tunnel(door, `plain.test:${http.port}`)
      socket.write(`${method} /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      assert.match(await text(socket), wanted)
    }
  })

  test('[F24] [S21] a credential is added for its host and port, over its scheme, and nowhere else', async () => {
    const secrets = { get: (name: string) => (name === 'KEY' ? new Secret(canary) : undefined) }
    const credentials = parseCredentials(
      `secure.test:${https.port} bearer KEY; http://plain.test:${http.port} basic me KEY\nsecure.test:${https.port} header X-Key KEY; plain.test:1 bearer KEY; lost.test bearer GONE; secret.test:${http.port} bearer KEY`,
    )
    const list = `secure.test:${https.port}=private plain.test:${http.port}=private other.test:${http.port}=private lost.test:443=private secret.test:${http.port}=private`
    await using door = await closing(await open('list', list, { credentials, secrets }))
    const target = `secure.test:${https.port}`
    const head = 'GET /c HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer placeholder\r\nConnection: close, authorization'
    const { text: answer } = await secureAsk(door, target, head)
    assert.match(answer, /200 OK/)
    assert.equal(https.seen.at(-1)?.headers.authorization, `Bearer ${canary}`)
    assert.equal(https.seen.at(-1)?.headers['x-key'], canary)
    await ask(door, `http://plain.test:${http.port}/`)
    assert.equal(http.seen.at(-1)?.headers.authorization, `Basic ${Buffer.from(`me:${canary}`).toString('base64')}`)
    await ask(door, `http://other.test:${http.port}/`)
    assert.equal(http.seen.at(-1)?.headers.authorization, undefined, 'the same server under another name gets nothing')
    await ask(door, `http://secret.test:${http.port}/`)
    const { socket } = await tunnel(door, `secret.test:${http.port}`)
    socket.write('GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    assert.match(await text(socket), /200 OK/)
    for (const { headers } of http.seen.slice(-2))
      assert.equal(headers.authorization, undefined, 'what is for https is not sent over plain http')
    assert.match(
      (await secureAsk(door, target, 'TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close')).text,
      /403[\s\S]*TRACE/,
    )
    assert.match(
      (await secureAsk(door, 'lost.test:443', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close')).text,
      /403[\s\S]*the secret GONE/,
    )
    for (const { message } of door.refusals) assert.ok(!message.includes(canary))
  })

  test('[S21] a server that cannot prove to be the host gets no credential', async () => {
    const secrets = { get: () => new Secret(canary) }
    const credentials = parseCredentials(`impostor.test:${https.port} bearer KEY`)
    await using door = await closing(
      await open('list', `impostor.test:${https.port}=private`, { credentials, secrets }),
    )
    const before = https.seen.length
    const { text: answer } = await secureAsk(
      door,
      `impostor.test:${https.port}`,
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: close',
    )
    assert.match(answer, /502[\s\S]*altnames/)
    assert.equal(https.seen.length, before)
  })

  test('the authority’s key is for its owner only, and outlives a restart', async () => {
    const dataDirectory = join(folder.path, 'kept')
    const bundles: string[] = []
    for (let round = 0; round < 3; round++) {
      await using door = await closing(await open('list', 'GET x.test', { dataDirectory }))
      bundles.push(await readFile(join(door.folder, 'ca.crt'), 'utf8'))
      assert.equal((await stat(join(dataDirectory, 'egress-ca.pem'))).mode & 0o777, 0o600)
      if (round === 1) await writeFile(join(dataDirectory, 'egress-ca.pem'), 'spoilt')
    }
    assert.equal(bundles[0], bundles[1])
    assert.notEqual(bundles[1], bundles[2])
    assert.ok(!bundles.some(bundle => bundle.includes('PRIVATE KEY')))
  })

  test('many doors opened at once each have their own policy', async () => {
    const dataDirectory = join(folder.path, 'many')
    await mkdir(dataDirectory)
    const named = (index: number): SessionId => SessionId.parse(index.toString(16).padStart(32, '0'))
    const policyOf = (each: SessionId) => ({
      mode: 'list' as const,
      rules: parseEgressList(each === named(7) ? `plain.test:${http.port}=private` : ''),
    })
    const egress = createEgress({ dataDirectory, policyOf, lookup: async () => ['127.0.0.1'] })
    const doors = await Promise.all(
      Array.from({ length: 20 }, (_, index) => egress.open(named(index), () => undefined)),
    )
    const statuses = await Promise.all(
      doors.map(async door => (await ask(door, `http://plain.test:${http.port}/`)).status),
    )
    assert.deepEqual(
      statuses,
      doors.map((_, index) => (index === 7 ? 200 : 403)),
    )
    await Promise.all(doors.map(door => door[Symbol.asyncDispose]()))
    assert.deepEqual(await readdir(join(dataDirectory, 'runtime', 'egress')), ['certificates.crt'])
  })
})
