import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { SessionManager } from '../core/session-manager.ts'
import { type RawAnswer, rawHttp } from '../testing/raw-http.ts'
import { Access } from './access.ts'
import { SocketDoor } from './door.ts'
import { createApp } from './listen.ts'
import { securityHeaders } from './security-headers.ts'

const TOKEN = 'the-token-of-this-server'

describe('routes that somebody adds later', () => {
  let app: FastifyInstance
  let url = ''
  let entered = 0
  const logged: unknown[] = []

  before(async () => {
    const log = { info: () => undefined, warn: () => undefined, error: (...what: unknown[]) => void logged.push(what) }
    const hosts = new Set<string>()
    const access = new Access({ hosts, localMode: false, token: () => TOKEN, isOwnPeer: async () => false })
    const manager = {} as SessionManager // no socket is opened here
    const sessionTokens = { sign: async () => '', verify: async () => undefined }
    const door = new SocketDoor({ access, manager, sessionTokens, log })
    const health = () => ({ status: 'OK', sandbox: '', isolated: true, sessions: 0, memoryBytes: 0 }) as const
    app = createApp({ host: '127.0.0.1', port: 0, access, doors: [door], health, log, bodyIdleMs: 600 })
    app.all('/added', async () => {
      entered++
      return { secret: 'canary' }
    })
    app.post('/throws', async () => {
      throw new Error('SELECT canary FROM /srv/app')
    })
    app.get('/throws/:what', async () => Promise.reject('canary'))
    app.get('/throws/late', async (_, reply) => {
      reply.header('x-set-before', 'yes')
      throw Object.assign(new Error('canary'), { statusCode: 503 })
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo // a TCP server that listens has one
    hosts.add(`127.0.0.1:${port}`)
    url = `http://127.0.0.1:${port}`
  })
  after(() => app.close())

  const ask = (request: string, lines: readonly string[] = []): Promise<RawAnswer> =>
    rawHttp(url, [`${request} HTTP/1.1`, `Host: ${new URL(url).host}`, ...lines, '', ''].join('\r\n'))
  const bearer = `Authorization: Bearer ${TOKEN}`

  test('[P48] a body takes as long as it needs, as long as it does not rest', async () => {
    const send = async (pieces: number, then: string): Promise<string> => {
      const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) }).setEncoding('utf8')
      let said = ''
      socket.on('data', text => {
        said += text
        if (said.includes('canary')) socket.destroy()
      })
      const closed = once(socket, 'close')
      const head = `POST /added HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${bearer}\r\nContent-Type: application/json\r\n`
      socket.write(`${head}Content-Length: ${pieces + 2}\r\n\r\n"`)
      for (let sent = 0; sent < pieces; sent++) {
        await new Promise(resolve => setTimeout(resolve, 50))
        socket.write('x')
      }
      socket.write(then)
      await closed
      return said
    }
    const entries = entered
    assert.match(await send(20, '"'), /canary/, 'longer than it may rest')
    assert.equal(await send(2, ''), '', 'the rest never comes')
    assert.equal(entered, entries + 1)
    entered = entries
  })

  test('[S02] a route without any annotation is refused without the token, and its handler is never entered', async () => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { status, body } = await ask(`${method} /added`)
      assert.deepEqual([status, body], [401, ''], method)
    }
    assert.equal(entered, 0)
    assert.equal((await ask('GET /added', [bearer])).body, '{"secret":"canary"}')
    assert.equal(entered, 1)
  })

  test('[S02] every route of the live table but /health asks for the token', async () => {
    const table = app.printRoutes({ commonPrefix: false })
    const paths = [...table.matchAll(/^[├└]── (\S+) \(([A-Z, ]+)\)/gm)]
    assert.ok(paths.length >= 3, table)
    for (const [, path = '', methods = ''] of paths)
      for (const method of methods.split(', ')) {
        const { status } = await ask(`${method} ${path}`)
        assert.equal(status, path === '/health' ? 200 : 401, `${method} ${path}`)
      }
  })

  test('[S36] a handler that throws says nothing to the client and everything to the log', async () => {
    for (const request of ['POST /throws', 'GET /throws/x', 'GET /throws/late']) {
      const before = logged.length
      const { status, body, headers } = await ask(request, [bearer, 'Content-Length: 0'])
      assert.ok(status >= 500, request)
      const { id, ...said } = JSON.parse(body)
      assert.deepEqual(said, { error: 'Internal Server Error', code: 'internal' }, request)
      assert.equal(id, headers.get('x-request-id'))
      assert.ok(JSON.stringify(logged.slice(before)).includes(String(id)), 'who is told the id finds it in the log')
      for (const [name, value] of Object.entries(securityHeaders)) assert.equal(headers.get(name), value, request)
      assert.match(JSON.stringify(logged.slice(before)), /canary/)
    }
  })
})
