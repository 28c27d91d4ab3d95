import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net'
import { Readable } from 'node:stream'
import { buffer, text as textOf } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import { WebSocket, WebSocketServer } from 'ws'
import type { ByteStream } from '../core/ports.ts'
import { rawHttp } from '../testing/raw-http.ts'
import { Access } from './access.ts'
import { type Preview, type PreviewOpening, type PreviewOptions, startPreview } from './preview.ts'

const session = SessionId.parse('0123456789abcdef'.repeat(2))
const other = SessionId.parse('f'.repeat(32))
const control = 'http://127.0.0.1:3000'
const key = Buffer.alloc(32, 7)
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** A byte stream that is a TCP connection of this machine. */
function streamOf(socket: Socket): ByteStream {
  const ignore = socket.on('error', () => undefined)
  return {
    output: ignore.iterator({ destroyOnReturn: false }),
    write: async bytes => {
      if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
    },
    end: () => void socket.end(),
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  }
}

async function openHere(_: SessionId, port: number): Promise<PreviewOpening> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  try {
    await once(socket, 'connect')
    return { state: 'open', stream: streamOf(socket) }
  } catch {
    return { state: 'closed' }
  }
}

function start(more: Partial<PreviewOptions> = {}): Promise<Preview> {
  return startPreview({ host: '127.0.0.1', port: 0, key, controlOrigins: [control], open: openHere, log, ...more })
}

/** A program that listens on this machine until the test is over. */
async function program<S extends Server | TcpServer>(
  server: S,
): Promise<{ port: number; server: S } & AsyncDisposable> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    port,
    server,
    [Symbol.asyncDispose]: async () => {
      if ('closeAllConnections' in server) server.closeAllConnections()
      server.close()
    },
  }
}

function serving(listener: (...parts: Parameters<RequestListener>) => unknown): ReturnType<typeof program<Server>> {
  return program(
    createServer((request, response) => {
      const answering = (async () => listener(request, response))()
      answering.catch(error => response.destroy(error))
    }),
  )
}

/** Says exactly these bytes to whoever connects, and ends. */
function saying(bytes: string): ReturnType<typeof program<TcpServer>> {
  return program(
    createTcpServer(socket => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(bytes, 'latin1'))
    }),
  )
}

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: Readable
}

/** Asks as a browser would: by the name in the address, at the address where it leads. */
async function ask(
  preview: Preview,
  url: string,
  { method = 'GET', headers = {}, body }: Asked = {},
): Promise<IncomingMessage> {
  const { host, pathname, search } = new URL(url)
  const path = pathname + search
  const asked = httpRequest({
    host: '127.0.0.1',
    port: preview.port,
    method,
    path,
    headers: { host, ...headers },
    agent: false,
  })
  // Once the answer has begun, who closes first is of no interest here.
  asked.on('error', () => undefined)
  if (body === undefined) asked.end()
  else body.on('error', () => undefined).pipe(asked)
  const [answer]: IncomingMessage[] = await once(asked, 'response')
  assert.ok(answer)
  return answer
}

describe('the preview door', { timeout: 60_000 }, () => {
  let preview: Preview
  before(async () => {
    preview = await start()
  })
  after(() => preview[Symbol.asyncDispose]())

  test('a request arrives as if the browser were inside, and the answer as it was sent', async () => {
    const got: { url: string | undefined; method: string | undefined; raw: string[]; body: string }[] = []
    await using inner = await serving(async (request, response) => {
      got.push({ url: request.url, method: request.method, raw: request.rawHeaders, body: await textOf(request) })
      response.writeHead(201, 'Made it', [
        'X-One',
        '1',
        'x-two',
        '2',
        'X-One',
        '3',
        'Connection',
        'x-two',
        'Keep-Alive',
        'timeout=1',
      ])
      response.end('answer')
    })
    const url = preview.urlOf(session, inner.port)
    const answer = await ask(preview, `${url}a%20b/c?d=%2F&e`, {
      method: 'PUT',
      headers: {
        origin: url.slice(0, -1),
        referer: `${url}from?x`,
        cookie: 'a=b',
        'x-forwarded-host': 'evil.test',
        'x-forwarded-for': '1.2.3.4',
        forwarded: 'for=1.2.3.4',
        via: 'us',
        'proxy-authorization': 'Basic x',
        connection: 'close, X-Hop',
        'x-hop': 'here',
        'x-kept': 'there',
      },
      body: Readable.from(['bo', 'dy']),
    })
    assert.deepEqual([answer.statusCode, answer.statusMessage, await textOf(answer)], [201, 'Made it', 'answer'])
    assert.deepEqual(answer.headersDistinct['x-one'], ['1', '3'])
    assert.equal(answer.headers['x-two'], undefined)
    const [seen] = got
    assert.deepEqual([seen?.method, seen?.url, seen?.body], ['PUT', '/a%20b/c?d=%2F&e', 'body'])
    const local = `http://localhost:${inner.port}`
    const known = seen?.raw.join('\n')
    assert.equal(
      known,
      [
        ...['Host', `localhost:${inner.port}`, 'origin', local, 'referer', `${local}/from?x`, 'cookie', 'a=b'],
        ...['x-kept', 'there', 'Transfer-Encoding', 'chunked', 'Connection', 'keep-alive'],
      ].join('\n'),
    )
  })

  test('[S15] what agents make is shown in our frame only, keeps cookies to itself and tells its address to nobody', async () => {
    const cookies = [
      'a=1; Domain=localhost; Path=/',
      'b=2; SameSite=Strict; HttpOnly',
      'c=3; domain=.example.com; Secure',
    ]
    await using inner = await serving((_, response) => {
      response.writeHead(200, [
        ...cookies.flatMap(cookie => ['Set-Cookie', cookie]),
        ...['Content-Security-Policy', "default-src 'self'", 'Referrer-Policy', 'unsafe-url'],
        ...['Clear-Site-Data', '"cookies"', 'Alt-Svc', 'h3=":443"'],
      ])
      response.end()
    })
    const { headers, headersDistinct } = await ask(preview, preview.urlOf(session, inner.port))
    const apart = 'SameSite=None; Secure; Partitioned'
    assert.deepEqual(headersDistinct['set-cookie'], [
      `a=1; Path=/; ${apart}`,
      `b=2; HttpOnly; ${apart}`,
      `c=3; ${apart}`,
    ])
    assert.deepEqual(headersDistinct['content-security-policy'], [
      "default-src 'self'",
      `frame-ancestors 'self' ${control}`,
    ])
    assert.deepEqual(headersDistinct['referrer-policy'], ['same-origin'])
    assert.equal(headers['origin-agent-cluster'], '?1')
    assert.deepEqual([headers['clear-site-data'], headers['alt-svc']], [undefined, undefined])
    assert.equal(headers['access-control-allow-origin'], undefined)
    const url = new URL(preview.urlOf(session, inner.port))
    assert.match(url.hostname, /^[a-z2-7]{50}\.localhost$/)
    assert.equal(url.href.includes(session.slice(0, 8)), false)
  })

  test('[S15] a preview is none of the control server, and that none of the previews', async () => {
    const url = preview.urlOf(session, 8000)
    const hosts = new Set(['127.0.0.1:3000', 'localhost:3000'])
    const access = new Access({ hosts, localMode: true, token: () => 'token', isOwnPeer: async () => true })
    const seen = Promise.withResolvers<IncomingMessage>()
    await using server = await serving((request, response) => {
      seen.resolve(request)
      response.end()
    })
    const lines = ['GET / HTTP/1.1', 'Host: 127.0.0.1:3000', `Origin: ${url.slice(0, -1)}`, '', '']
    await rawHttp(`http://127.0.0.1:${server.port}`, lines.join('\r\n'))
    assert.deepEqual(access.screen(await seen.promise), { ok: false, status: 403 })
    for (const host of hosts) assert.equal((await ask(preview, `http://${host}/api/options/models`)).statusCode, 404)
  })

  test('our own page may ask whether a program answers; no other page may read it', async () => {
    const origins: unknown[] = []
    await using inner = await serving((request, response) => {
      origins.push(request.headers.origin)
      response.end('x')
    })
    const url = preview.urlOf(session, inner.port)
    const allowed = async (origin: string): Promise<unknown> =>
      (await ask(preview, url, { headers: { origin } })).headers['access-control-allow-origin']
    assert.equal(await allowed(control), control)
    assert.equal(await allowed('http://127.0.0.1:30001'), undefined)
    assert.equal(await allowed('http://evil.test'), undefined)
    assert.equal(await allowed('null'), undefined)
    assert.deepEqual(origins, [undefined, 'http://127.0.0.1:30001', 'http://evil.test', 'null'])
  })

  test('[S04] only the exact host leads anywhere; everything else is the same nothing', async () => {
    let asked = 0
    await using inner = await serving((_, response) => void response.end(String(++asked)))
    const { host } = new URL(preview.urlOf(session, inner.port))
    const label = host.slice(0, host.indexOf('.'))
    const heads = [
      'Host: 127.0.0.1',
      `Host: localhost:${preview.port}`,
      `Host: x.localhost:${preview.port}`,
      `Host: ${label}.localhost`,
      `Host: ${label}.localhost:${preview.port + 1}`,
      `Host: ${label}.localhost.:${preview.port}`,
      `Host: ${label}.evil.test:${preview.port}`,
      `Host: ${label}.127.0.0.1:${preview.port}`,
      `Host: a.${label}.localhost:${preview.port}`,
      `Host: ${label.slice(1)}.localhost:${preview.port}`,
      `Host: ${host}\r\nHost: ${host}`,
      `Host: evil.test\r\nX-Forwarded-Host: ${host}`,
      'X-None: at all',
    ]
    const url = `http://127.0.0.1:${preview.port}`
    const answers = await Promise.all(heads.map(head => rawHttp(url, `GET / HTTP/1.1\r\n${head}\r\n\r\n`)))
    answers.push(await rawHttp(url, `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`))
    answers.push(await rawHttp(url, `OPTIONS * HTTP/1.1\r\nHost: ${host}\r\n\r\n`))
    for (const [index, { status, body, headers }] of answers.entries()) {
      assert.deepEqual([status, body], [404, 'Not Found\n'], heads[index])
      const names = [...headers.keys()].filter(name => name !== 'date')
      assert.equal(names.includes('server') || names.includes('x-powered-by'), false)
      assert.equal(headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'")
    }
    assert.equal(asked, 0)
    const fine = await rawHttp(url, `GET / HTTP/1.1\r\nHost: ${host.toUpperCase()}\r\nConnection: close\r\n\r\n`)
    assert.equal(fine.status, 200)
  })

  test('[S28] an address is for one session and port, and stays so after a restart', async () => {
    const opened: string[] = []
    const open = async (name: SessionId, port: number): Promise<PreviewOpening> => {
      opened.push(`${name}:${port}`)
      return { state: name === session ? 'asleep' : 'unknown' }
    }
    const first = await start({ open })
    const urls = [first.urlOf(session, 8000), first.urlOf(session, 8001), first.urlOf(other, 8000)]
    const fixed = first.port
    await first[Symbol.asyncDispose]()
    await using again = await start({ open, port: fixed })
    for (const url of urls) await ask(again, url)
    assert.deepEqual(opened, [`${session}:8000`, `${session}:8001`, `${other}:8000`])
    assert.equal(new Set(urls).size, 3)
    assert.deepEqual(urls, [again.urlOf(session, 8000), again.urlOf(session, 8001), again.urlOf(other, 8000)])
    const unknown = await ask(again, again.urlOf(other, 8000))
    assert.deepEqual([unknown.statusCode, await textOf(unknown)], [404, 'Not Found\n'])
  })

  test('what is not there says so to a person and looks again, and says it briefly to others', async () => {
    await using inner = await serving(() => undefined)
    const free = inner.port
    await inner[Symbol.asyncDispose]()
    const closed = await ask(preview, preview.urlOf(session, free), { headers: { accept: 'text/html' } })
    assert.equal(closed.statusCode, 502)
    assert.match(await textOf(closed), /http-equiv="refresh" content="2".*Nothing listens on port \d+/)
    assert.match(String(closed.headers['content-security-policy']), new RegExp(`frame-ancestors 'self' ${control}`))
    const bare = await ask(preview, preview.urlOf(session, free))
    assert.equal(bare.headers['content-type'], 'text/plain; charset=utf-8')
    assert.equal(bare.headers['retry-after'], '2')
    await using resting = await start({ open: async () => ({ state: 'asleep' }) })
    const asleep = await ask(resting, resting.urlOf(session, 1), { headers: { accept: 'text/html', origin: control } })
    assert.deepEqual([asleep.statusCode, asleep.headers['access-control-allow-origin']], [503, control])
    assert.match(await textOf(asleep), /asleep/)
    await using failing = await start({ open: () => Promise.reject(new Error('canary')) })
    const failed = await ask(failing, failing.urlOf(session, 1))
    assert.equal(failed.statusCode, 502)
    assert.equal((await textOf(failed)).includes('canary'), false)
  })

  test('addresses of this machine become addresses of previews of the same session, and back', async () => {
    await using inner = await serving((request, response) => {
      response.writeHead(302, {
        location: String(request.headers['x-to']),
        'access-control-allow-origin': `http://localhost:3000`,
      })
      response.end(JSON.stringify([request.headers.origin]))
    })
    const url = preview.urlOf(session, inner.port)
    const table: [string, string][] = [
      [`http://localhost:${inner.port}/a?b#c`, `${url}a?b#c`],
      [`http://127.0.0.1:${inner.port}`, url.slice(0, -1)],
      [`//localhost:${inner.port}/x`, `${url}x`],
      [`https://0.0.0.0:4000/y`, `${preview.urlOf(session, 4000)}y`],
      [`http://[::1]/z`, `${preview.urlOf(session, 80)}z`],
      ['/local', '/local'],
      ['next', 'next'],
      ['https://example.com/', 'https://example.com/'],
      ['http://localhost.evil.test/', 'http://localhost.evil.test/'],
    ]
    for (const [to, expected] of table)
      assert.equal((await ask(preview, url, { headers: { 'x-to': to } })).headers.location, expected)
    const foreign = preview.urlOf(other, 3000).slice(0, -1)
    const friend = preview.urlOf(session, 3000).slice(0, -1)
    for (const [from, seen] of [
      [friend, 'http://localhost:3000'],
      [foreign, foreign],
    ] as const) {
      const answer = await ask(preview, url, { headers: { 'x-to': '/', origin: from } })
      assert.deepEqual(JSON.parse(await textOf(answer)), [seen])
      assert.equal(answer.headers['access-control-allow-origin'], friend)
    }
  })

  test('[P46] behind a proxy the public names decide', async () => {
    await using inner = await serving((request, response) => void response.end(request.headers.host))
    await using team = await start({ originPattern: 'https://*.preview.example.com' })
    const url = team.urlOf(session, inner.port)
    assert.match(url, /^https:\/\/[a-z2-7]{50}\.preview\.example\.com\/$/)
    assert.equal(await textOf(await ask(team, url)), `localhost:${inner.port}`)
    const host = `${new URL(url).host}:443`
    assert.equal((await ask(team, url, { headers: { host } })).statusCode, 200)
    const local = `${url.slice(8, 58)}.localhost:${team.port}`
    assert.equal((await ask(team, `http://${local}/`)).statusCode, 404)
    for (const bad of [
      'https://preview.example.com',
      'ftp://*.x.test',
      'https://*.x.test/path',
      'https://*.*.x.test',
      '*.x',
    ])
      await assert.rejects(start({ originPattern: bad }), RangeError)
  })

  test('events come when they are sent, and a reader that leaves is noticed', async () => {
    const left = Promise.withResolvers<void>()
    const next = Promise.withResolvers<void>()
    await using inner = await serving(async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
      response.once('close', left.resolve)
      await next.promise
      response.write('data: 1\n\n')
    })
    const answer = await ask(preview, preview.urlOf(session, inner.port))
    assert.equal(answer.headers['content-type'], 'text/event-stream')
    next.resolve()
    const [first] = await once(answer, 'data')
    assert.equal(String(first), 'data: 1\n\n')
    answer.destroy()
    await left.promise
  })

  test('[P17] 50 MB down and up pass through at the pace of the slower side', async () => {
    const size = 50_000_000
    let sent = 0
    await using inner = await serving(async (request, response) => {
      const received = await buffer(request)
      if (received.length > 0) return void response.end(String(received.length))
      for (; sent < size; sent += 100_000)
        if (!response.write(Buffer.alloc(100_000, 'x'))) await once(response, 'drain')
      response.end()
    })
    const url = preview.urlOf(session, inner.port)
    const answer = await ask(preview, url)
    const [first]: Buffer[] = await once(answer, 'data')
    answer.pause()
    let before = -1
    // Nobody reads: the sender comes to rest.
    while (before !== sent) {
      before = sent
      for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
    }
    assert.ok(sent < size / 2, `${sent} bytes were taken though nobody reads`)
    assert.equal((first?.length ?? 0) + (await buffer(answer)).length, size)
    const body = Readable.from(Array.from({ length: 500 }, () => Buffer.alloc(100_000)))
    assert.equal(await textOf(await ask(preview, url, { method: 'POST', body })), String(size))
  })

  test('bodies keep their ends: none, exact, cut off, and an answer before the request is over', async () => {
    await using inner = await serving((request, response) => {
      if (request.url === '/early') return void response.writeHead(413).end('too big')
      if (request.url === '/none') return void response.writeHead(204).end()
      if (request.url === '/same') return void response.writeHead(304, { etag: '"x"' }).end()
      if (request.url === '/length') return void response.end(String(request.headers['content-length']))
      response.writeHead(200, { 'content-length': 100 })
      if (request.method === 'HEAD') return void response.end()
      response.write('half', () => void response.destroy())
    })
    const url = preview.urlOf(session, inner.port)
    assert.equal((await ask(preview, `${url}none`)).statusCode, 204)
    assert.equal((await ask(preview, `${url}same`)).headers.etag, '"x"')
    assert.equal((await ask(preview, `${url}x`, { method: 'HEAD' })).headers['content-length'], '100')
    assert.equal(await textOf(await ask(preview, `${url}length`, { method: 'POST' })), '0')
    await assert.rejects(async () => textOf(await ask(preview, `${url}cut`)))
    const endless = Readable.from(
      (async function* () {
        for (let piece = 0; piece < 200; piece++) yield Buffer.alloc(100_000)
      })(),
    )
    const early = await ask(preview, `${url}early`, { method: 'POST', body: endless })
    assert.deepEqual([early.statusCode, await textOf(early)], [413, 'too big'])
  })

  test('a program that does not speak HTTP is said to, whatever it says', async () => {
    const said: [string, number, RegExp][] = [
      ['SSH-2.0-OpenSSH_9.2\r\n', 502, /not HTTP/],
      ['', 502, /without an answer/],
      ['HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n', 502, /not HTTP/],
      [`HTTP/1.1 200 OK\r\n${`x: ${'y'.repeat(1000)}\r\n`.repeat(100)}\r\n`, 502, /not HTTP/],
      ['HTTP/1.0 200 OK\r\n\r\nold but fine', 200, /^old but fine$/],
      ['HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 200, /^ok$/],
      ['HTTP/1.1 200 caf\xe9\r\nContent-Length: 0\r\nX: \xe9\r\n\r\n', 200, /^$/],
    ]
    for (const [bytes, status, body] of said) {
      await using inner = await saying(bytes)
      const answer = await ask(preview, preview.urlOf(session, inner.port))
      assert.equal(answer.statusCode, status, bytes.slice(0, 40))
      assert.match(await textOf(answer), body)
    }
  })

  test('a WebSocket is joined to the program, both ways, to its close code', async () => {
    const sockets = new WebSocketServer({ noServer: true, maxPayload: 2 ** 24 })
    const origins: unknown[] = []
    await using inner = await serving((_, response) => void response.writeHead(426).end('not this way'))
    inner.server.on('upgrade', (request, socket, head) => {
      if (request.url === '/no') return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!\n')
      origins.push([request.headers.host, request.headers.origin])
      sockets.handleUpgrade(request, socket, head, client => {
        client.on('message', (data, isBinary) => {
          if (String(data) === 'close') client.close(4001, 'as you wish')
          else client.send(data, { binary: isBinary })
        })
      })
    })
    const url = preview.urlOf(session, inner.port)
    const host = new URL(url).host
    const dial = (path: string): WebSocket =>
      new WebSocket(`ws://127.0.0.1:${preview.port}/${path}`, ['a'], { headers: { host }, origin: url.slice(0, -1) })
    const socket = dial('hmr?token=x')
    await once(socket, 'open')
    assert.deepEqual(origins, [[`localhost:${inner.port}`, `http://localhost:${inner.port}`]])
    for (const size of [1, 200, 100_000, 3_000_000]) {
      socket.send(Buffer.alloc(size, size))
      const [back]: Buffer[] = await once(socket, 'message')
      assert.equal(back?.length, size)
    }
    socket.send('close')
    assert.deepEqual((await once(socket, 'close')).map(String), ['4001', 'as you wish'])
    const refused = dial('no')
    const [, answer]: [unknown, IncomingMessage] = (await once(refused, 'unexpected-response')) as [
      unknown,
      IncomingMessage,
    ] // ws names both
    assert.deepEqual([answer.statusCode, await textOf(answer)], [403, 'no!\n'])
    const nowhere = new WebSocket(`ws://127.0.0.1:${preview.port}/`)
    const [, nothing] = (await once(nowhere, 'unexpected-response')) as [unknown, IncomingMessage] // ws names both
    assert.equal(nothing.statusCode, 404)
    const offer = await ask(preview, url, {
      headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' },
    })
    assert.equal(offer.statusCode, 426)
  })

  test('[P17] each preview has so many connections; who waits is served when one is free, and another is not kept waiting', async () => {
    const responses: { end(text: string): unknown }[] = []
    const arrived = Promise.withResolvers<void>()
    await using inner = await serving((_, response) => {
      if (responses.push(response) === 64) arrived.resolve()
    })
    await using second = await serving((_, response) => void response.end('second'))
    const url = preview.urlOf(session, inner.port)
    const asked = Array.from({ length: 70 }, async () => textOf(await ask(preview, url)))
    await arrived.promise
    assert.equal(await textOf(await ask(preview, preview.urlOf(session, second.port))), 'second')
    assert.equal(responses.length, 64)
    for (let index = 0; index < 70; index++) {
      while (responses[index] === undefined) await new Promise(setImmediate)
      responses[index]?.end('x')
    }
    assert.deepEqual(
      await Promise.all(asked),
      Array.from({ length: 70 }, () => 'x'),
    )
  })

  test('[S36] bad requests are refused before anything is opened', async () => {
    const url = `http://127.0.0.1:${preview.port}`
    const { host } = new URL(preview.urlOf(session, 1))
    const long = `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`
    assert.equal((await rawHttp(url, long)).status, 431)
    assert.equal((await rawHttp(url, 'nonsense\r\n\r\n')).status, 400)
    await assert.rejects(rawHttp(url, `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`))
  })

  test('closing the door ends what is open, WebSockets too', async () => {
    const sockets = new WebSocketServer({ noServer: true })
    await using inner = await serving((_, response) => void response.write('endless'))
    inner.server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, () => undefined))
    const closing = await start()
    const url = closing.urlOf(session, inner.port)
    const socket = new WebSocket(`ws://127.0.0.1:${closing.port}/`, { headers: { host: new URL(url).host } })
    await once(socket, 'open')
    const answer = await ask(closing, url)
    await Promise.all([once(socket, 'close'), assert.rejects(textOf(answer)), closing[Symbol.asyncDispose]()])
  })
})
