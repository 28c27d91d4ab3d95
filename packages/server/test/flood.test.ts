import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { rawHttp } from '../src/testing/raw-http.ts'
import { RawSocket } from '../src/testing/raw-socket.ts'
import { tool } from '../src/testing/scripted-model/script.ts'
import { World } from '../src/testing/world.ts'

const MB = 1024 * 1024

describe('a crowd at the door', () => {
  let world: World
  before(async () => {
    world = await World.start({ script: () => tool('finish', { message: 'Done.' }) })
  })
  after(() => world[Symbol.asyncDispose]())

  async function memory(): Promise<number> {
    const response = await fetch(`${world.server.url}/health?detail=1`)
    return Number(Object(await response.json()).memoryBytes)
  }

  /** So many connections, from addresses of the loopback in turn, that say this much and then nothing. */
  async function crowd(count: number, text: string): Promise<readonly Socket[]> {
    const { hostname, port } = new URL(world.server.url)
    const sockets: Socket[] = []
    for (let i = 0; i < count; i++) {
      const socket = connect({ host: hostname, port: Number(port), localAddress: `127.0.1.${1 + (i % 8)}` })
      socket.on('error', () => undefined)
      sockets.push(socket)
      await once(socket, 'connect')
      socket.write(text)
    }
    return sockets
  }

  for (const [what, text] of [
    ['that say nothing', ''],
    ['with half a head', 'GET /api/conversations HTTP/1.1\r\nHost: '],
    [
      'with half an upgrade of /socket.io/',
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\n',
    ],
    [
      'with half a body',
      'POST /api/login HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{',
    ],
  ] as const)
    test(`[S35] 3,000 connections ${what}: only so many are kept, memory is bounded, and who may come in does`, async () => {
      const { host } = new URL(world.server.url)
      const user = await world.connect()
      const before = await memory()
      const sockets = await crowd(3000, text.replace('HOST', host))
      const latest = [0, 0, 0, 0, 0].map(async () => {
        const started = performance.now()
        assert.equal((await fetch(`${world.server.url}/api/options/models`)).status, 200)
        return performance.now() - started
      })
      const slowest = Math.max(...(await Promise.all(latest)))
      assert.ok(slowest < 2500, `${Math.round(slowest)} ms`)
      const grown = (await memory()) - before
      assert.ok(grown < 100 * MB, `${Math.round(grown / MB)} MB`)
      assert.ok(
        sockets.some(socket => socket.destroyed || socket.readableEnded),
        'the oldest had to go',
      )
      assert.equal(user.closeCode, undefined, 'who was let in stays')
      for (const socket of sockets) socket.destroy()
      await user.close()
    })

  test('[S35] a million tiny frames: their sender is held back, others do not notice, memory is bounded', async () => {
    const before = await memory()
    const sender = new RawSocket(world.server.url)
    const tiny = Buffer.from([0x81, 0x80, 0, 0, 0, 0]) // a masked text frame of no bytes
    const many = Buffer.concat(new Array<Buffer>(10_000).fill(tiny))
    for (let i = 0; i < 100; i++) sender.socket.write(many)
    for (let i = 0; i < 5; i++) {
      const head = `GET /api/options/models HTTP/1.1\r\nHost: ${new URL(world.server.url).host}\r\n\r\n`
      const started = performance.now()
      assert.equal((await rawHttp(world.server.url, head)).status, 200)
      assert.ok(performance.now() - started < 2500)
    }
    const grown = (await memory()) - before
    assert.ok(grown < 100 * MB, `${Math.round(grown / MB)} MB`)
    sender.socket.destroy()
  })
})
