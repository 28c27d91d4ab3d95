import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { builtPage } from '../src/testing/built-page.ts'
import { type RawAnswer, rawHttp } from '../src/testing/raw-http.ts'
import { ServerProcess, temporaryFolder } from '../src/testing/server-process.ts'
import { SocketClient } from '../src/testing/socket-client.ts'

const main = fileURLToPath(new URL('../bin/openhands.mjs', import.meta.url))

/** The code in a link. */
const codeIn = (text: string): string => /#code=([\w-]+)/.exec(text)?.[1] ?? ''

describe('a page logs in', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let server: ServerProcess
  let dataDir = ''
  let token = ''

  before(async () => {
    folder = await temporaryFolder()
    dataDir = join(folder.path, 'data')
    const page = builtPage(join(folder.path, 'page'))
    const args = ['--token-required', '--frontend-dist', page, '--log-level', 'debug']
    server = await ServerProcess.start({ dataDir: folder.path, args: [...args, '--data-dir', dataDir] })
    token = readFileSync(join(dataDir, 'token'), 'utf8').trim()
  })
  after(async () => {
    await server[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  function ask(request: string, lines: readonly string[], body = '', options = {}): Promise<RawAnswer> {
    const { host } = new URL(server.url)
    const head = [`${request} HTTP/1.1`, `Host: ${host}`, ...lines, `Content-Length: ${body.length}`, '', body]
    return rawHttp(server.url, head.join('\r\n'), options)
  }

  const login = (
    code: string,
    lines: readonly string[] = ['Content-Type: application/json'],
    options = {},
  ): Promise<RawAnswer> => ask('POST /api/login', lines, JSON.stringify({ code }), options)

  /** The command that prints a link, as people type it. */
  async function linkFromCommand(): Promise<string> {
    const child = spawn(process.execPath, [main, 'login', '--data-dir', dataDir], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    return String(Buffer.concat(await child.stdout.toArray()))
  }

  async function ticketFor(code: string): Promise<string> {
    const answer = await login(code)
    assert.equal(answer.status, 200, answer.body)
    return JSON.parse(answer.body).token
  }

  test('[S07] the link at the start has a code in its fragment: it counts once, and gives what is not the token', async () => {
    while (!server.log.some(line => line.includes('#code='))) await new Promise(setImmediate)
    const line = server.log.find(each => each.includes('#code=')) ?? ''
    assert.match(line, new RegExp(`^Within a minute, once: ${server.url}/#code=[\\w-]{22} `))
    const answer = await login(codeIn(line))
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(answer.headers.has('set-cookie'), false, 'nothing that a browser would send by itself')
    const { token: ticket, expires_at: end } = JSON.parse(answer.body)
    assert.notEqual(ticket, token)
    assert.ok(new Date(end).getTime() > Date.now() + 3_600_000)
    assert.equal((await login(codeIn(line))).status, 401, 'a second time')
    assert.equal((await ask('GET /api/options/models', [`Authorization: Bearer ${ticket}`])).status, 200)
    const client = await SocketClient.connect(server.url, { protocols: [`bearer.${ticket}`] })
    await client.close()
  })

  test('[S07] the command prints a link for later; codes are for who has the token, not for who is logged in', async () => {
    const link = await linkFromCommand()
    assert.match(link, new RegExp(`^${server.url}/#code=[\\w-]{22}\\n$`))
    assert.ok(!link.includes(token))
    const ticket = await ticketFor(codeIn(link))
    assert.equal((await ask('POST /api/login/codes', [])).status, 401)
    assert.equal((await ask('POST /api/login/codes', [`Authorization: Bearer ${ticket}`])).status, 403)
    assert.equal((await ask('POST /api/login/codes', [`Authorization: Bearer ${token}`])).status, 201)
  })

  test('[S06] a login is JSON from our own page or from no page', async () => {
    const code = codeIn(await linkFromCommand())
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/json',
      'application/jsonp',
    ])
      assert.ok([400, 415].includes((await login(code, [`Content-Type: ${type}`])).status), type)
    const json = 'Content-Type: application/json'
    for (const line of ['Origin: https://evil.test', 'Origin: null', 'Sec-Fetch-Site: cross-site'])
      assert.equal((await login(code, [json, line])).status, 403, line)
    for (const body of ['{}', '[]', '"x"', '{"code":1}', `{"code":"${'x'.repeat(101)}"}`, '{"code":']) {
      assert.equal((await ask('POST /api/login', [json], body)).status, 400, body)
    }
    assert.equal((await login(code, [json, `Origin: ${server.url}`])).status, 200, 'after all that it still counts')
  })

  test('[S08] who guesses codes has to wait, as who guesses tokens', async () => {
    const from = { localAddress: '127.0.0.9' }
    const statuses: number[] = []
    for (let i = 0; i < 30; i++) statuses.push((await login(`guess-${i}`, undefined, from)).status)
    assert.deepEqual(statuses, [...new Array<number>(20).fill(401), ...new Array<number>(10).fill(429)])
    const code = codeIn(await linkFromCommand())
    assert.equal((await login(code, undefined, from)).status, 429)
    assert.equal((await login(code)).status, 200, 'others need not')
  })

  test('[S07] the page is for everybody and holds no secret', async () => {
    for (const path of ['/', '/assets/index-BfGk3x1Q.js', '/config.json', '/sessions/abc']) {
      const { status, body, headers } = await ask(`GET ${path}`, ['Accept: text/html'])
      assert.equal(status, 200, path)
      assert.ok(!body.includes(token) && !body.includes('eyJ') && !body.includes('#code='), path)
      assert.equal(headers.get('referrer-policy'), 'no-referrer', path)
    }
  })

  test('[S07] [S08] another token ends the tickets of the old one, their sockets and the codes', async () => {
    const ticket = await ticketFor(codeIn(await linkFromCommand()))
    const code = codeIn(await linkFromCommand())
    const client = await SocketClient.connect(server.url, { protocols: [`bearer.${ticket}`] })
    writeFileSync(join(dataDir, 'token.new'), 'another-token-for-this-server\n', { mode: 0o600 })
    renameSync(join(dataDir, 'token.new'), join(dataDir, 'token'))
    await client.closed()
    assert.equal(client.closeCode, 4401)
    assert.equal((await ask('GET /api/options/models', [`Authorization: Bearer ${ticket}`])).status, 401)
    assert.equal((await login(code)).status, 401)
    const printed = server.log.join('\n')
    assert.ok(!printed.includes(token) && !printed.includes('eyJ'), 'no log has ever shown one')
  })
})

test('[S07] without a server the command says so', async () => {
  await using folder = await temporaryFolder()
  const child = spawn(process.execPath, [main, 'login', '--data-dir', folder.path], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  assert.match(String(Buffer.concat(await child.stderr.toArray())), /^openhands: No server runs on /)
})
