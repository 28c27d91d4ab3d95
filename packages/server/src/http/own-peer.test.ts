import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { isOwnPeer, uidOf } from './own-peer.ts'

/** As Linux writes it on a machine with little-endian words. */
const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 116932 1 00000000297348f1 100 0 0 10 0
   1: 0100007F:0BB8 0100007F:C23A 01 00000000:00000000 00:00000000 00000000  1000        0 116940 1 00000000297348f1 20 4 30 10 -1
   2: 0200007F:C23A 0100007F:0BB8 01 00000000:00000000 00:00000000 00000000   666        0 116941 1 00000000297348f2 20 4 30 10 -1
   3: 0100007F:C23A 0100007F:0BB8 01 00000000:00000000 00:00000000 00000000  1001        0 116942 1 00000000297348f3 20 4 30 10 -1
   4: 0100007F:C23B 0100007F:0BB8 06 00000000:00000000 03:0000119C 00000000     0        0 0 3 00000000c395b90a
`
const table6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:C23A 00000000000000000000000001000000:0BB8 01 00000000:00000000 00:00000000 00000000  1002        0 116943 1 00000000297348f4 20 4 30 10 -1
   1: 0000000000000000FFFF00000100007F:C23C 0000000000000000FFFF00000100007F:0BB8 01 00000000:00000000 00:00000000 00000000  1003        0 116944 1 00000000297348f5 20 4 30 10 -1
   2: B80D01200000000067452301EFCDAB89:C23D B80D0120000000000000000001000000:0BB8 01 00000000:00000000 00:00000000 00000000  1004        0 116945 1 00000000297348f6 20 4 30 10 -1
`
const at = (address: string, port: number): { address: string; port: number } => ({ address, port })

test('[§4.1] the user of a connection is found by both ends, address and port', () => {
  const server = at('127.0.0.1', 3000)
  assert.equal(uidOf(table, at('127.0.0.1', 0xc23a), server), 1001)
  assert.equal(uidOf(table, at('127.0.0.2', 0xc23a), server), 666, 'the same ports, another address')
  assert.equal(uidOf(table, at('::ffff:127.0.0.1', 0xc23a), at('::ffff:127.0.0.1', 3000)), 1001)
  assert.equal(uidOf(table, server, at('127.0.0.1', 0xc23a)), 1000, 'the other end')
  assert.equal(uidOf(table, at('127.0.0.3', 0xc23a), server), undefined)
  assert.equal(uidOf(table, at('127.0.0.1', 0xc23f), server), undefined)
  assert.equal(uidOf('', at('127.0.0.1', 0xc23a), server), undefined)
})

test('[§4.1] a connection that no process has any more shows user 0 and proves nothing', () => {
  assert.equal(uidOf(table, at('127.0.0.1', 0xc23b), at('127.0.0.1', 3000)), undefined)
})

test('[§4.1] IPv6 and IPv4 mapped into it are found as well', () => {
  assert.equal(uidOf(table6, at('::1', 0xc23a), at('::1', 3000)), 1002)
  assert.equal(uidOf(table6, at('127.0.0.1', 0xc23c), at('127.0.0.1', 3000)), 1003)
  assert.equal(uidOf(table6, at('2001:db8::123:4567:89ab:cdef', 0xc23d), at('2001:db8::1', 3000)), 1004)
})

/** A server whose answer is what `isOwnPeer` says. */
async function asked(address: string): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer((incoming: IncomingMessage, response) => {
    isOwnPeer(incoming).then(
      own => response.end(String(own)),
      () => response.destroy(),
    )
  })
  server.listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function ask(host: string, port: number, localAddress?: string): Promise<string> {
  const sent = request({ host, port, agent: false, ...(localAddress ? { localAddress } : {}) }).end()
  const [response] = await once(sent, 'response')
  return String(await response.toArray())
}

test('[§4.1] a process of our own user is known as such over IPv4, IPv6 and the one mapped into the other', async () => {
  await using four = await asked('127.0.0.1')
  assert.equal(await ask('127.0.0.1', four.port), 'true')
  assert.equal(await ask('127.0.0.1', four.port, '127.0.0.2'), 'true')
  assert.equal(await ask('::ffff:127.0.0.1', four.port), 'true')
  await using six = await asked('::1')
  assert.equal(await ask('::1', six.port), 'true')
  const many = await Promise.all(Array.from({ length: 50 }, () => ask('127.0.0.1', four.port)))
  assert.deepEqual(new Set(many), new Set(['true']), 'all of many at once')
})

test('[§4.1] a process of another user is known as such', async () => {
  await using server = await asked('127.0.0.1')
  if (process.getuid?.() !== 0) {
    const held = request({ host: '127.0.0.1', port: server.port, agent: false })
    held.flushHeaders()
    const [socket] = await once(held, 'socket')
    if (socket.connecting) await once(socket, 'connect')
    const ends = [at(socket.localAddress, socket.localPort), at(socket.remoteAddress, socket.remotePort)] as const
    assert.equal(uidOf(readFileSync('/proc/net/tcp', 'latin1'), ...ends), process.getuid?.())
    held.destroy()
    return
  }
  const script = `process.setgid(65534); process.setuid(65534)
    fetch('http://127.0.0.1:${server.port}').then(r => r.text()).then(text => process.stdout.write(text))`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  assert.equal(String(await child.stdout.toArray()), 'false')
})
