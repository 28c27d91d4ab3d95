import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { Readable } from 'node:stream'
import { buffer, text as textOf } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import { WebSocket } from 'ws'
import type { Runtime } from '../../core/ports.ts'
import { type Preview, type PreviewOpening, startPreview } from '../../http/preview.ts'
import { eventually, type RuntimeWorld, run, startIn } from '../runtime-contract.ts'
import { connectTo, fileText, freePort, received, startScript } from './streams.ts'

const none = new AbortController().signal
const mebi = 1024 ** 2
const control = 'http://127.0.0.1:3000'

/** Listens on `port address` pairs until it is told to end. */
const listener = `
const net = require('node:net')
for (let at = 2; at < process.argv.length; at += 2)
  net.createServer(socket => socket.end('hello from ' + socket.localAddress)).listen(Number(process.argv[at]), process.argv[at + 1])
process.stdin.resume()
`

/** A small web server: its name, events, big bodies both ways, what it was sent, and an echo behind an upgrade. */
const website = `
const http = require('node:http'), crypto = require('node:crypto')
const [, , port, name] = process.argv
let sent = 0
const server = http.createServer((request, response) => {
  if (request.url === '/') return response.end(name)
  if (request.url === '/headers') return response.end(JSON.stringify(request.rawHeaders))
  if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let count = 0
    const timer = setInterval(() => response.write('data: ' + ++count + '\\n\\n'), 20)
    return response.on('close', () => clearInterval(timer))
  }
  if (request.url === '/big') {
    const piece = Buffer.alloc(65536, 'b')
    let rest = 800
    const go = () => { while (rest-- > 0) { sent += piece.length; if (!response.write(piece)) return response.once('drain', go) } response.end() }
    return go()
  }
  if (request.url === '/sent') return response.end(String(sent))
  const hash = crypto.createHash('sha256')
  request.on('data', bytes => hash.update(bytes)).on('end', () => response.end(hash.digest('hex')))
})
server.on('upgrade', (request, socket, head) => {
  const accept = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n')
  socket.on('error', () => undefined)
  socket.on('data', frame => {
    // One short masked frame at a time: the same text, unmasked.
    const size = frame[1] & 127, mask = frame.subarray(2, 6)
    const body = frame.subarray(6, 6 + size).map((byte, index) => byte ^ mask[index % 4])
    socket.write(Buffer.concat([Buffer.from([frame[0], size]), body]))
  })
})
server.listen(Number(port))
`

/** A session's name made from a small number, as \`startIn\` makes it. */
function sessionOf(number: number): SessionId {
  return SessionId.parse(number.toString(16).padStart(32, '0'))
}

/** What every sandbox promises about servers that run in it: noticed, reachable by their session's address only. */
export function portsContract(name: string, makeWorld: () => Promise<RuntimeWorld>): void {
  describe(`${name}: ports`, { timeout: 180_000 }, () => {
    const runtimes = new Map<SessionId, Runtime>()
    let world: RuntimeWorld
    let runtime: Runtime
    let preview: Preview
    const start = async (number: number): Promise<Runtime> => {
      const started = await startIn(world.runtimes, await world.directory(), number)
      runtimes.set(sessionOf(number), started)
      return started
    }
    const open = async (session: SessionId, port: number, signal: AbortSignal): Promise<PreviewOpening> => {
      const connected = await runtimes.get(session)?.ports.connect(port, signal)
      if (connected === undefined) return { state: 'asleep' }
      return connected.ok ? { state: 'open', stream: connected.stream } : { state: 'closed' }
    }
    const portFor = async (wanted: number): Promise<number> => (runtime.isolated ? wanted : freePort())
    before(async () => {
      world = await makeWorld()
      runtime = await start(1)
      const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
      const key = Buffer.alloc(32, 3)
      preview = await startPreview({ host: '127.0.0.1', port: 0, key, controlOrigins: [control], open, log })
    })
    after(async () => {
      await preview?.[Symbol.asyncDispose]()
      await Promise.all([...runtimes.values()].map(each => each[Symbol.asyncDispose]()))
      await world?.[Symbol.asyncDispose]()
    })
    const ask = async (number: number, port: number, path = '', body?: Readable): Promise<IncomingMessage> => {
      const url = new URL(preview.urlOf(sessionOf(number), port) + path)
      const asked = httpRequest({
        ...{ host: '127.0.0.1', port: preview.port, path: url.pathname, agent: false },
        ...{ method: body === undefined ? 'GET' : 'POST', headers: { host: url.host, cookie: 'mine=1' } },
      })
      if (body === undefined) asked.end()
      else body.pipe(asked)
      const [answer]: IncomingMessage[] = await once(asked, 'response')
      assert.ok(answer)
      return answer
    }
    const answers = async (number: number, port: number, expected: string): Promise<void> =>
      eventually(async () => (await textOf(await ask(number, port))) === expected, `${expected} on port ${port}`)

    test('[P36] a server is noticed wherever it listens, and reached there, until it is gone', async () => {
      assert.deepEqual(await runtime.ports.list(none), [])
      const abort = new AbortController()
      const told: (readonly number[])[] = []
      const watching = runtime.ports.watch(ports => void told.push(ports), abort.signal)
      await eventually(() => told.length === 1, 'the watcher is told what there is')
      const ports = await Promise.all([8101, 8102, 8103, 8104, 8105].map(portFor))
      const places = ['127.0.0.1', '0.0.0.0', '::1', '::', '127.0.0.2'].map(
        (place, index) => `${ports[index]} ${place}`,
      )
      await startScript(runtime, 'listener.cjs', listener, ...places, '</dev/zero')
      const sorted = ports.toSorted((a, b) => a - b)
      await eventually(() => told.at(-1)?.length === 5, 'the watcher is told')
      assert.deepEqual(told.at(-1), sorted)
      assert.deepEqual(await runtime.ports.list(none), sorted)
      for (const port of ports) {
        const stream = await connectTo(runtime, port)
        stream.end()
        assert.match(String(await received(stream)), /^hello from /)
        await stream[Symbol.asyncDispose]()
      }
      await run(runtime, 'kill %1 2>/dev/null || kill $(jobs -p)')
      await eventually(() => told.at(-1)?.length === 0, 'the watcher is told that they are gone')
      abort.abort()
      await watching
      const gone = await runtime.ports.connect(ports[0] ?? 0, none)
      assert.equal(gone.ok, false)
    })

    test('[S28] what listens on the host is neither listed nor reached', async () => {
      let reached = 0
      const host = createServer(() => void reached++).listen(0, '127.0.0.1')
      await once(host, 'listening')
      const { port } = host.address() as AddressInfo // a TCP server that listens has one
      assert.equal((await runtime.ports.list(none)).includes(port), false)
      assert.equal((await runtime.ports.connect(port, none)).ok, false)
      assert.equal((await ask(1, port)).statusCode, 502)
      for (const bad of [0, -1, 65_536, 1.5]) assert.equal((await runtime.ports.connect(bad, none)).ok, false)
      assert.equal(reached, 0)
      host.close()
    })

    test('[S15] a website in the sandbox: pages, events, WebSocket, bodies both ways, as if the browser were inside', async () => {
      const port = await portFor(8200)
      await startScript(runtime, 'website.cjs', website, port, 'first')
      await answers(1, port, 'first')
      const known: string[] = JSON.parse(await textOf(await ask(1, port, 'headers')))
      assert.deepEqual(known, ['Host', `localhost:${port}`, 'cookie', 'mine=1', 'Connection', 'keep-alive'])
      const events = await ask(1, port, 'events')
      for (let count = 0; count < 3; count++) assert.match(String(await once(events, 'data')), /^data: \d+\n\n/)
      events.destroy()
      const bytes = Buffer.alloc(5 * mebi, 'u')
      const [one, two] = await Promise.all([
        textOf(await ask(1, port, 'upload', Readable.from([bytes]))),
        textOf(await ask(1, port, 'upload', Readable.from([bytes]))),
      ])
      assert.equal(one, two)
      assert.equal((await buffer(await ask(1, port, 'big'))).length, 800 * 65_536)
      const url = new URL(preview.urlOf(sessionOf(1), port))
      const socket = new WebSocket(`ws://127.0.0.1:${preview.port}/`, { headers: { host: url.host } })
      await once(socket, 'open')
      for (const word of ['one', 'two']) {
        socket.send(word)
        assert.equal(String((await once(socket, 'message'))[0]), word)
      }
      socket.terminate()
    })

    test('[P17] 50 MB that nobody reads stay inside', async () => {
      const port = await portFor(8201)
      await startScript(runtime, 'website.cjs', website, port, 'slow')
      await answers(1, port, 'slow')
      const answer = await ask(1, port, 'big')
      let last = -1
      await eventually(async () => {
        const sent = Number(await textOf(await ask(1, port, 'sent')))
        const rests = sent > 0 && sent === last
        last = sent
        return rests
      }, 'the program is stopped')
      assert.ok(last < 30 * mebi, `${last} bytes were taken`)
      assert.equal((await buffer(answer)).length, 800 * 65_536)
    })

    test('[S28] an address leads into its own sandbox and nowhere else', async () => {
      await start(2)
      const port = await portFor(8300)
      const second = runtimes.get(sessionOf(2))
      assert.ok(second)
      await startScript(second, 'website.cjs', website, port, 'second')
      await answers(2, port, 'second')
      assert.equal((await ask(1, port)).statusCode, 502)
      assert.equal((await ask(3, port)).statusCode, 503)
      runtimes.delete(sessionOf(2))
      await second[Symbol.asyncDispose]()
      assert.equal((await ask(2, port)).statusCode, 503)
    })

    test('[P36] a program inside may listen on our own port where sandboxes have a network of their own', async () => {
      if (!runtime.isolated) {
        // It shares ours: the program is told that the port is taken, and we are not disturbed.
        await startScript(runtime, 'taken.cjs', website, preview.port, 'thief')
        await eventually(async () => (await fileText(runtime, 'taken.cjs.log')).includes('EADDRINUSE'), 'it is refused')
        assert.equal((await ask(3, 1)).statusCode, 503)
        return
      }
      await startScript(runtime, 'ours.cjs', website, preview.port, 'inside')
      await answers(1, preview.port, 'inside')
      assert.equal((await ask(3, 1)).statusCode, 503)
    })

    test('[P36] thirty sessions may all use the same port', async () => {
      const numbers = Array.from({ length: runtime.isolated ? 30 : 3 }, (_, index) => 100 + index)
      const started = await Promise.all(numbers.map(start))
      const ports = await Promise.all(numbers.map(() => portFor(8000)))
      const port = (index: number): number => ports[index] ?? 0
      await Promise.all(
        started.map((each, index) => startScript(each, 'website.cjs', website, port(index), `no-${index}`)),
      )
      await Promise.all(numbers.map((number, index) => answers(number, port(index), `no-${index}`)))
      const all = await Promise.all(numbers.map(async (number, index) => textOf(await ask(number, port(index)))))
      assert.deepEqual(
        all,
        numbers.map((_, index) => `no-${index}`),
      )
      await Promise.all(started.map(each => each[Symbol.asyncDispose]()))
      for (const number of numbers) runtimes.delete(sessionOf(number))
    })
  })
}
