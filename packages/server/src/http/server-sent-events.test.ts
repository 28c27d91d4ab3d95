import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { test } from 'node:test'
import fastify from 'fastify'
import { EventReader } from '../testing/api-client.ts'
import { ServerSentEvents } from './server-sent-events.ts'

test('[P38] a reader that never reads is let go when a mebibyte waits for it, and others are not delayed', async () => {
  const readers = new Set<ServerSentEvents>()
  const app = fastify({ forceCloseConnections: true })
  app.get('/', (_, reply) => {
    const reader = new ServerSentEvents()
    readers.add(reader)
    reader.onClosed(() => readers.delete(reader))
    return reader.reply(reply)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo // a TCP server that listens has one
  const deaf = connect(port, '127.0.0.1')
  deaf.on('error', () => undefined)
  deaf.pause()
  deaf.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  {
    await using good = new EventReader(`http://127.0.0.1:${port}/`)
    while (readers.size < 2) await new Promise(resolve => setImmediate(resolve))
    const [first] = readers
    let sent = 0
    let most = 0
    for (; readers.size > 1 && sent < 2_000; sent++) {
      for (const reader of readers) {
        reader.send('x', JSON.stringify({ number: sent, filler: 'y'.repeat(50_000) }))
        most = Math.max(most, reader.waiting)
      }
      await good.waitFor(({ data }) => data['number'] === sent)
    }
    assert.equal(readers.size, 1, `after ${sent} messages`)
    assert.ok(most < 1_300_000, String(most))
    for (const reader of readers) reader.send('last', '{"number":-1}')
    await good.waitFor(({ event }) => event === 'last')
    assert.ok(first)
  }
  deaf.destroy()
  await app.close()
})
