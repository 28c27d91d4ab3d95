import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { io } from 'socket.io-client'
import { WebSocket } from 'ws'
import { builtPage } from '../src/testing/built-page.ts'
import { rawHttp } from '../src/testing/raw-http.ts'
import { ReverseProxy } from '../src/testing/reverse-proxy.ts'
import { tool } from '../src/testing/scripted-model/script.ts'
import { ServerProcess, temporaryFolder } from '../src/testing/server-process.ts'
import { SocketClient } from '../src/testing/socket-client.ts'
import { TestAuthority } from '../src/testing/test-authority.ts'
import { World } from '../src/testing/world.ts'

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

/** A browser's side: every name leads to the proxy, and only its authority is believed. */
class Browser implements Disposable {
  readonly agent: Agent
  readonly seen: string[] = []

  constructor(authority: TestAuthority) {
    const lookup = (_name: string, options: object, done: (error: null, ...found: unknown[]) => void): void =>
      'all' in options && options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)
    this.agent = new Agent({ ca: authority.certificate, lookup: lookup as never }) // both shapes that Node asks for
  }

  /** Asks; resolves once `isEnough` of the body is there, or all of it. */
  async ask(
    url: string,
    { method = 'GET', headers = {}, body = '', isEnough = (_: string): boolean => false } = {},
  ): Promise<Answer> {
    const sent = request(url, { method, agent: this.agent, headers })
    sent.end(body)
    const [answer] = await once(sent, 'response')
    let text = ''
    for await (const chunk of answer) {
      text += chunk
      if (isEnough(text)) break
    }
    const { 'content-security-policy': _, ...headed } = answer.headers // a rule, which leads nowhere
    this.seen.push(`${JSON.stringify(headed)}\n${text}`)
    return { status: answer.statusCode, headers: answer.headers, body: text }
  }

  [Symbol.dispose](): void {
    this.agent.destroy()
  }
}

/** A port that nobody has at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  server.close()
  await once(server, 'close')
  return port
}

const HTML = 'Accept: text/html'.split(': ')
const serve = 'echo hello from inside > index.html; python3 -m http.server 8000 > log 2>&1 &'

for (const strips of [true, false])
  test(`[P46] [S15] all works below a path behind TLS, through one port; the proxy ${strips ? 'takes the path off' : 'leaves the path on'}`, {
    timeout: 150_000,
  }, async () => {
    const prefix = '/a/b'
    const authority = new TestAuthority()
    await using folder = await temporaryFolder()
    await using proxy = await ReverseProxy.start({
      authority,
      host: 'openhands.test',
      prefix,
      strips,
      previewSuffix: '.preview.test',
    })
    const host = `openhands.test:${proxy.port}`
    const base = `https://${host}${prefix}`
    const previewPort = await freePort()
    await using world = await World.start({
      script: ({ turn }) =>
        turn === 0 ? tool('execute_bash', { command: serve }) : tool('finish', { message: 'Done.' }),
      args: [
        ...['--trusted-proxies', '127.0.0.1', '--allowed-hosts', host, '--frontend-dist', builtPage(folder.path)],
        ...['--preview-port', String(previewPort), '--preview-origin', `https://*.preview.test:${proxy.port}`],
        ...(strips ? [] : ['--base-path', prefix]),
      ],
    })
    const { port } = new URL(world.server.url)
    proxy.targets = { server: `http://127.0.0.1:${port}`, preview: `http://127.0.0.1:${previewPort}` }
    using browser = new Browser(authority)
    const token = readFileSync(join(world.dataDir, 'token'), 'utf8').trim()
    const authorization = `Bearer ${token}`
    const headers = { authorization, origin: `https://${host}` }

    const html = { accept: HTML[1] ?? '' }
    for (const [path, start] of [
      ['/', './'],
      ['/sessions/abc', '../'],
    ] as const) {
      const page = await browser.ask(`${base}${path}`, { headers: html })
      assert.equal(page.status, 200, path)
      const found = /<base href="([^"]+)">.*src="([^"]+)"/.exec(page.body)
      assert.equal(found?.[1], start)
      const asset = new URL(String(found?.[2]), new URL(start, `${base}${path}`)).href
      assert.equal((await browser.ask(asset)).status, 200, asset)
    }
    if (!strips) {
      const folderAnswer = await browser.ask(base, { headers: html })
      assert.deepEqual([folderAnswer.status, folderAnswer.headers['location']], [308, './b/'])
    }

    assert.equal((await browser.ask(`${base}/api/options/models`)).status, 401, 'behind a proxy nobody is local')
    assert.equal((await browser.ask(`${base}/api/options/models`, { headers })).status, 200)
    const foreign = { ...headers, origin: 'https://evil.test' }
    assert.equal((await browser.ask(`${base}/api/options/models`, { headers: foreign })).status, 403)

    const created = await browser.ask(`${base}/api/conversations`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{}',
    })
    const id: string = JSON.parse(created.body).conversation_id
    const socket = new WebSocket(`${base.replace('https', 'wss')}/ws?session=${id}`, [`bearer.${token}`], {
      agent: browser.agent,
      origin: `https://${host}`,
    })
    const preview = await new Promise<string>((resolve, reject) => {
      let finished = false
      let url = ''
      socket.on('open', () => socket.send(JSON.stringify({ action: 'message', args: { content: 'serve it' } })))
      socket.on('message', data => {
        const frame = JSON.parse(String(data))
        if (frame.id === 'STATUS$PORT_OPEN') url = /https:\S+/.exec(frame.message)?.[0] ?? ''
        if (frame.extras?.agent_state === 'finished') finished = true
        if (finished && url !== '') resolve(url)
      })
      socket.on('error', reject)
      socket.on('close', code => reject(new Error(`closed with ${code}`)))
    })
    socket.close()
    assert.equal(new URL(preview).port, String(proxy.port), 'the one port')
    assert.equal((await browser.ask(preview)).body, 'hello from inside\n')

    const form = '--x\r\nContent-Disposition: form-data; name="files"; filename="up.txt"\r\n\r\nsent up\r\n--x--\r\n'
    const uploaded = await browser.ask(`${base}/api/conversations/${id}/upload-files`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'multipart/form-data; boundary=x' },
      body: form,
    })
    assert.equal(uploaded.status, 200, uploaded.body)
    const selected = await browser.ask(`${base}/api/conversations/${id}/select-file?file=up.txt`, { headers })
    assert.match(selected.body, /sent up/)

    const stream = await browser.ask(`${base}/api/conversations/${id}/stream`, {
      headers: { ...headers, accept: 'text/event-stream' },
      isEnough: text => text.includes('\n\n'),
    })
    assert.equal(stream.status, 200)
    assert.match(stream.body, /^(?:[a-z]*:.*\n)*id: ?\d+/m)

    const terminals = await browser.ask(`${base}/api/conversations/${id}/terminals`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"cols":80,"rows":24}',
    })
    assert.equal(terminals.status, 201, terminals.body)
    const terminal = new WebSocket(
      `${base.replace('https', 'wss')}/ws/terminal?session=${id}&terminal_id=${JSON.parse(terminals.body).id}`,
      [`bearer.${token}`],
      { agent: browser.agent, origin: `https://${host}` },
    )
    await once(terminal, 'message')
    terminal.terminate()
    const page021 = io(`https://${host}`, {
      path: `${prefix}/socket.io/`,
      transports: ['websocket'],
      query: { conversation_id: id, latest_event_id: -1 },
      extraHeaders: headers,
      agent: browser.agent as never, // declared as a text, and passed on as it is
      forceNew: true,
      reconnection: false,
    })
    await new Promise((resolve, reject) => {
      page021.once('oh_event', resolve)
      page021.once('connect_error', reject)
    })
    page021.disconnect()

    for (const text of browser.seen)
      for (const [, name] of text.matchAll(/https?:\/\/([^/"'\s\\<>:]+)/g))
        assert.match(String(name), /^openhands\.test$|\.preview\.test$/, text.slice(0, 400))
  })

test('[P46] [S04] [S08] what is forwarded counts only from a proxy on the list', async () => {
  await using folder = await temporaryFolder()
  const args = ['--trusted-proxies', '127.0.0.1', '--allowed-hosts', 'public.example']
  await using server = await ServerProcess.start({ dataDir: folder.path, args })
  const bearer = `Authorization: Bearer ${readFileSync(join(folder.path, 'token'), 'utf8').trim()}`
  const { host } = new URL(server.url)
  const ask = async (lines: readonly string[], localAddress = '127.0.0.1', name = host): Promise<number> => {
    const head = ['GET /api/options/models HTTP/1.1', `Host: ${name}`, ...lines, '', ''].join('\r\n')
    return (await rawHttp(server.url, head, { localAddress })).status
  }
  assert.equal(await ask([]), 401, 'from the address of a proxy nobody is local')
  assert.equal(await ask([], '127.0.0.2'), 200, 'from another one of this machine somebody is')
  assert.equal(await ask([bearer]), 200)
  assert.equal(await ask([bearer, 'X-Forwarded-Host: public.example', 'Origin: https://public.example']), 200)
  assert.equal(await ask([bearer, 'X-Forwarded-Host: evil.test']), 421)
  assert.equal(await ask([bearer, 'X-Forwarded-Host: public.example, evil.test']), 421)
  assert.equal(await ask([bearer, 'X-Forwarded-Host: public.example'], '127.0.0.2', 'evil.test'), 421, 'from elsewhere')
  assert.equal(await ask([bearer, 'X-Forwarded-Host: evil.test'], '127.0.0.2'), 200, 'nobody looks')
  const as = (client: string, lines: readonly string[], from = '127.0.0.1'): Promise<number> =>
    ask([`X-Forwarded-For: ${client}`, ...lines], from)
  for (let i = 0; i < 20; i++) assert.equal(await as('198.51.100.7', ['Authorization: Bearer bad']), 401)
  assert.equal(await as('198.51.100.7', [bearer]), 429, 'who has guessed waits')
  assert.equal(await as('198.51.100.8', [bearer]), 200, 'others behind the same proxy do not')
  for (let i = 0; i < 20; i++) assert.equal(await as(`203.0.113.${i}`, ['Authorization: Bearer bad'], '127.0.0.5'), 401)
  assert.equal(await as('203.0.113.99', [bearer], '127.0.0.5'), 429, 'nobody gets new names by inventing them')
})

test('[P46] plain HTTP at an address of the network: the page, routes and sockets work with the token', async () => {
  await using folder = await temporaryFolder()
  const args = ['--host', '0.0.0.0', '--frontend-dist', builtPage(join(folder.path, 'page'))]
  await using server = await ServerProcess.start({ dataDir: folder.path, args })
  const token = readFileSync(join(folder.path, 'token'), 'utf8').trim()
  const lan = Object.values(networkInterfaces()).flatMap(each => each ?? [])
  const addresses = lan.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address)
  for (const address of [...addresses, '127.0.0.2']) {
    const url = server.url.replace('0.0.0.0', address)
    assert.match(await (await fetch(url)).text(), /<base href/)
    assert.equal((await fetch(`${url}/api/options/models`)).status, 401)
    const headers = { authorization: `Bearer ${token}`, origin: url }
    assert.equal((await fetch(`${url}/api/options/models`, { headers })).status, 200)
    const client = await SocketClient.connect(url, { protocols: [`bearer.${token}`], headers: { origin: url } })
    await client.close()
  }
})

test('[S01] [S05] what would open the door by its settings alone ends the start, with a line that says why', async () => {
  const table: [readonly string[], RegExp][] = [
    [['--no-auth', '--trusted-proxies', '127.0.0.1'], /--no-auth cannot go with --trusted-proxies/],
    [['--no-auth', '--cors-origins', 'https://page.example'], /--no-auth cannot go with --cors-origins/],
    [['--cors-origins', '*'], /--cors-origins: "\*" is no origin/],
    [['--cors-origins', 'https://page.example,null'], /"null" is no origin/],
    [['--trusted-proxies', 'everybody'], /--trusted-proxies: "everybody" is neither/],
    [['--base-path', 'a/../b'], /--base-path "a\/\.\.\/b" is no path/],
    [['--frontend-dist', '/nonexistent'], /--frontend-dist \/nonexistent is no built page/],
  ]
  for (const [args, reason] of table) {
    await using folder = await temporaryFolder()
    await assert.rejects(ServerProcess.start({ dataDir: folder.path, args }), error => {
      assert.match(String(error), /server ended \(2\)/)
      assert.match(String(error), reason)
      return true
    })
  }
})
