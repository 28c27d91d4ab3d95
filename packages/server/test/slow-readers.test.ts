import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { readMetrics } from '../src/testing/prometheus-text.ts'
import { RawSocket } from '../src/testing/raw-socket.ts'
import { MemoryGrowth, sameHeap } from '../src/testing/server-memory.ts'
import { ServerProcess, temporaryFolder } from '../src/testing/server-process.ts'

/** Characters of an event that a run emits, how many of them make 1 GB, and how many go to and fro at a time. */
const LENGTH = 50_000
const EVENTS = 20_000
const WINDOW = 4
/** Events after which a server is as fast as it gets. */
const WARMING = 1_000

/** A client that makes events and reads them: it keeps none, so that what is measured is the server. */
class Emitter {
  readonly session: string
  readonly #socket: WebSocket

  private constructor(socket: WebSocket, session: string) {
    this.#socket = socket
    this.session = session
  }

  static async connect(url: string): Promise<Emitter> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`)
    const [[response]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])
    return new Emitter(socket, String(response.headers['openhands-session']))
  }

  /** Milliseconds from sending each of so many thoughts until it came back as an event. */
  async emit(count: number): Promise<number[]> {
    const sent: number[] = []
    const times: number[] = []
    const all = Promise.withResolvers<void>()
    const thought = 'x'.repeat(LENGTH)
    const next = (): void => {
      if (sent.length === count) return
      sent.push(performance.now())
      this.#socket.send(`{"action":"think","args":{"thought":"${thought}"}}`)
    }
    const receive = (data: Buffer): void => {
      if (data.length < LENGTH) return
      times.push(performance.now() - (sent[times.length] ?? Number.NaN))
      if (times.length === count) all.resolve()
      next()
    }
    const fail = (): void => all.reject(new Error('the server has let the live client go'))
    this.#socket.on('message', receive).once('close', fail)
    for (let i = 0; i < WINDOW; i++) next()
    await all.promise
    this.#socket.off('message', receive).off('close', fail)
    return times
  }

  close(): void {
    this.#socket.terminate()
  }
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN
}

/** Clients that follow a session and never read, sockets and streams. */
class Silent {
  readonly #server: ServerProcess
  readonly #session: string
  readonly #sockets: Socket[] = []

  constructor(server: ServerProcess, session: string) {
    this.#server = server
    this.#session = session
  }

  /** Resolves when they are there; they read no more than the beginning of what they are sent. */
  async join(sockets: number, streams: number): Promise<void> {
    const { url } = this.#server
    const { hostname, port, host } = new URL(url)
    const more = Array.from(
      { length: sockets },
      () => new RawSocket(url, { target: `/ws?session=${this.#session}` }).socket,
    )
    for (let i = 0; i < streams; i++) {
      const socket = connect(Number(port), hostname).on('error', () => undefined)
      socket.write(`GET /api/conversations/${this.#session}/stream HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      more.push(socket)
    }
    await Promise.all(more.map(socket => once(socket, 'readable')))
    this.#sockets.push(...more)
  }

  /** How many the server still has. */
  async left(): Promise<number> {
    const metrics = readMetrics(await (await fetch(`${this.#server.url}/metrics`)).text())
    const sockets = metrics.get('openhands_connections{kind="ws"}') ?? Number.NaN
    const streams = metrics.get('openhands_http_requests_in_flight{route="/api/conversations/:id/stream"}')
    return sockets - 1 + (streams ?? Number.NaN) // one is live
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

test('[P38] 50 readers that never read, while a run emits 1 GB: 100 MB at the most, nobody else waits, all are let go', async () => {
  await using folder = await temporaryFolder()
  await using server = await ServerProcess.start({ dataDir: folder.path, env: sameHeap })
  const alone = await Emitter.connect(server.url)
  const before = median(await alone.emit(WARMING))
  alone.close()
  const live = await Emitter.connect(server.url)
  const silent = new Silent(server, live.session)
  await silent.join(20, 5)
  const growth = new MemoryGrowth(server.pid)
  const times = await live.emit(EVENTS / 2)
  // The others have half of it to catch up with, each on its own.
  const [rest] = await Promise.all([live.emit(EVENTS / 2), silent.join(20, 5)])
  times.push(...rest)
  while ((await silent.left()) > 0) {
    times.push(...(await live.emit(100)))
    await wait(10)
  }
  assert.ok(growth.peak <= 100, `the server grew by ${growth.peak.toFixed(0)} MB`)
  const usual = Math.max(before, median(await live.emit(WARMING)))
  const extra = median(times) - usual
  assert.ok(extra < 50, `${extra} ms more than ${usual} ms`)
  // A reader that is let go may not run through the log in one go: that took a minute here.
  assert.ok(Math.max(...times) < 10_000, `one waited ${Math.max(...times)} ms`)
  live.close()
  silent.close()
})
