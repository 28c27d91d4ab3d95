import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { ByteStream, Runtime } from '../../core/ports.ts'
import { eventually, type RuntimeWorld, run, startIn } from '../runtime-contract.ts'

const none = new AbortController().signal
const mebi = 1024 ** 2

/** Runs a script with the Node.js that the executor itself runs with: the only program that every sandbox has. */
export async function startScript(
  runtime: Runtime,
  name: string,
  script: string,
  ...args: (string | number)[]
): Promise<void> {
  const written = await runtime.write(`${runtime.workspace}/${name}`, script, none)
  assert.ok(written.ok)
  const { output, exitCode } = await run(
    runtime,
    `"$(readlink /proc/$PPID/exe)" ${name} ${args.join(' ')} >${name}.log 2>&1 & sleep 0.1`,
  )
  assert.equal(exitCode, 0, output)
}

/** What a file of the workspace holds; empty when there is none. */
export async function fileText(runtime: Runtime, name: string): Promise<string> {
  const outcome = await runtime.read(`${runtime.workspace}/${name}`, none)
  return outcome.ok ? outcome.text : ''
}

/** A port that is free on this machine just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

/** Connects to a port that is about to be listened on. */
export async function connectTo(runtime: Runtime, port: number): Promise<ByteStream> {
  let stream: ByteStream | undefined
  let reason = ''
  await eventually(async () => {
    const connected = await runtime.ports.connect(port, none)
    if (connected.ok) stream = connected.stream
    else reason = connected.message
    return connected.ok
  }, `port ${port} takes connections`).catch(error => assert.fail(`${error}: ${reason}`))
  assert.ok(stream)
  return stream
}

/** What comes from inside until it ends. */
export async function received(stream: ByteStream): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const bytes of stream.output) pieces.push(bytes)
  return Buffer.concat(pieces)
}

/** Does what the first letter tells it to; what it has counted is in `counts`. */
const program = `
const net = require('node:net'), fs = require('node:fs')
const count = text => fs.appendFileSync('counts', text + '\\n')
net.createServer({ allowHalfOpen: true, pauseOnConnect: false }, socket => {
  socket.on('error', error => count('error ' + error.code))
  socket.once('data', first => {
    const mode = String.fromCharCode(first[0])
    let size = first.length - 1
    socket.on('close', () => count('closed ' + mode))
    if (mode === 'e') { socket.write(first.subarray(1)); socket.pipe(socket) }
    if (mode === 'c') { socket.on('data', bytes => size += bytes.length); socket.on('end', () => socket.end('counted ' + size)) }
    if (mode === 'b') { socket.end('bye'); socket.on('data', bytes => size += bytes.length); socket.on('end', () => count('after bye ' + size)) }
    if (mode === 'r') { socket.write('half'); setTimeout(() => socket.resetAndDestroy(), 50) }
    if (mode === 'p') { socket.pause(); fs.watchFile('go', { interval: 20 }, now => now.ino > 0 && socket.resume()); socket.on('data', bytes => size += bytes.length); socket.on('end', () => { fs.unwatchFile('go'); socket.end('counted ' + size) }) }
    if (mode === 'f') {
      let sent = 0
      const piece = Buffer.alloc(65536, 'f'), total = 200 * 1024 * 1024
      const go = () => { while (sent < total) { sent += piece.length; if (!socket.write(piece)) return socket.once('drain', go) } socket.end() }
      const timer = setInterval(() => fs.writeFileSync('sent', String(sent)), 20)
      socket.on('close', () => clearInterval(timer))
      go()
    }
  })
}).listen(Number(process.argv[2]), '127.0.0.1')
`

/** What every sandbox promises about streams of bytes into it: nothing lost, nothing piled up, every end told. */
export function streamsContract(name: string, makeWorld: () => Promise<RuntimeWorld>): void {
  describe(`${name}: streams`, { timeout: 120_000 }, () => {
    let world: RuntimeWorld
    let runtime: Runtime
    let port: number
    before(async () => {
      world = await makeWorld()
      runtime = await startIn(world.runtimes, await world.directory())
      port = runtime.isolated ? 8000 : await freePort()
      await startScript(runtime, 'streams.cjs', program, port)
      await (await connectTo(runtime, port))[Symbol.asyncDispose]()
    })
    after(async () => {
      await runtime?.[Symbol.asyncDispose]()
      await world?.[Symbol.asyncDispose]()
    })
    const dial = async (text: string): Promise<ByteStream> => {
      const stream = await connectTo(runtime, port)
      await stream.write(Buffer.from(text))
      return stream
    }

    test('bytes go both ways exactly, small and large', async () => {
      await using stream = await dial('e')
      const bytes = Buffer.from(Array.from({ length: 3 * mebi }, (_, index) => (index * 31 + (index >> 8)) & 255))
      const writing = (async () => {
        for (let at = 0, size = 1; at < bytes.length; at += size, size = Math.min(size * 3, 300_000))
          await stream.write(bytes.subarray(at, at + size))
        stream.end()
      })()
      const back = await received(stream)
      await writing
      assert.ok(back.equals(bytes), 'what came back differs')
    })

    test('each side may end first, and the other goes on', async () => {
      await using ours = await dial('c12345')
      ours.end()
      assert.equal(String(await received(ours)), 'counted 5')
      await using theirs = await dial('b')
      assert.equal(String(await received(theirs)), 'bye')
      for (let count = 0; count < 10; count++) await theirs.write(Buffer.alloc(100_000))
      theirs.end()
      await eventually(async () => (await fileText(runtime, 'counts')).includes('after bye 1000000'), 'all of it came')
    })

    test('[P17] a reader that does not read stops the program inside, and what it does not take is nowhere piled up', async () => {
      await using stream = await dial('f')
      const before = process.memoryUsage().rss
      // It comes to rest: twice the same count, and more than none.
      let last = -1
      await eventually(async () => {
        const sent = Number(await fileText(runtime, 'sent'))
        const rests = sent > 0 && sent === last
        last = sent
        await run(runtime, 'sleep 0.1')
        return rests
      }, 'the program is stopped')
      assert.ok(last < 40 * mebi, `${last} bytes were taken`)
      let size = 0
      for await (const bytes of stream.output) size += bytes.length
      assert.equal(size, 200 * mebi)
      const grown = process.memoryUsage().rss - before
      assert.ok(grown < 150 * mebi, `this process grew by ${grown} bytes`)
    })

    test('[P17] a writer waits for a program that does not read', async () => {
      await using stream = await dial('p')
      let written = 0
      const total = 60 * mebi
      const writing = (async () => {
        for (; written < total; written += mebi / 4) await stream.write(Buffer.alloc(mebi / 4))
        stream.end()
      })()
      let last = -1
      await eventually(async () => {
        const rests = written === last
        last = written
        await run(runtime, 'sleep 0.2')
        return rests
      }, 'the writer waits')
      assert.ok(written < 40 * mebi, `${written} bytes were taken`)
      await run(runtime, 'touch go')
      await writing
      assert.equal(String(await received(stream)), `counted ${total}`)
    })

    test('[P07] disposing closes the connection inside; a connection that breaks is no end', async () => {
      const closed = async (): Promise<number> => (await fileText(runtime, 'counts')).split('closed e').length
      const before = await closed()
      const first = await dial('e')
      const second = await dial('ex')
      for await (const bytes of second.output) if (bytes.length > 0) break
      await first[Symbol.asyncDispose]()
      await eventually(async () => (await closed()) >= before + 1, 'it was closed')
      await second[Symbol.asyncDispose]()
      await using broken = await dial('r')
      await assert.rejects(received(broken))
    })

    test('[P17] there are so many connections at a time, and commands run all the same', async () => {
      const streams = await Promise.all(Array.from({ length: 128 }, () => dial('e')))
      const refused = await runtime.ports.connect(port, none)
      assert.match(refused.ok ? '' : refused.message, /128 connections/)
      assert.equal((await run(runtime, 'echo fine')).output, 'fine\n')
      await Promise.all(streams.map(stream => stream[Symbol.asyncDispose]()))
      await using again = await dial('c')
      again.end()
      assert.equal(String(await received(again)), 'counted 0')
    })

    test('a sandbox that ends is no end of a stream', async () => {
      const short = await startIn(world.runtimes, await world.directory(), 2)
      const own = short.isolated ? 8000 : await freePort()
      await startScript(short, 'streams.cjs', program, own)
      const stream = await connectTo(short, own)
      await stream.write(Buffer.from('ex'))
      await Promise.all([assert.rejects(received(stream), { kind: 'lost' }), short[Symbol.asyncDispose]()])
      await stream[Symbol.asyncDispose]()
    })
  })
}
