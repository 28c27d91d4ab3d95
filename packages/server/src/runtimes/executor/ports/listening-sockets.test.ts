import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { ListeningSockets, parseSockets } from './listening-sockets.ts'

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const row = (local: string, state: string, inode: string): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 00000000f5472fcc 100 0 0 10 0\n`

test('the tables of the kernel are read: addresses of both families, listening sockets only', () => {
  const nothing = '0'.repeat(32)
  const rows: [local: string, address: string, port: number][] = [
    ['0100007F:1F40', '127.0.0.1', 8000],
    ['00000000:0050', '0.0.0.0', 80],
    ['0200007F:FFFF', '127.0.0.2', 65_535],
    [`${nothing}:1F41`, '::', 8001],
    ['00000000000000000000000001000000:0001', '0:0:0:0:0:0:0:1', 1],
    ['0000000000000000FFFF00000100007F:0002', '127.0.0.1', 2],
  ]
  const table = rows.map(([local], index) => row(local, '0A', String(index))).join('')
  const expected = rows.map(([, address, port], index) => ({ address, port, inode: String(index) }))
  assert.deepEqual(parseSockets(head + table), expected)
  assert.deepEqual(parseSockets(head + row('0100007F:1F40', '01', '7') + row('0100007F:1F40', '06', '0')), [])
  assert.deepEqual(parseSockets(''), [])
})

test('[P36] a server is seen at the next look, and gone at the one after it has ended', async () => {
  const sockets = new ListeningSockets()
  const ports = (): number[] => sockets.read().map(({ port }) => port)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  assert.ok(ports().includes(address.port))
  assert.ok(sockets.known.some(({ port }) => port === address.port))
  server.close()
  await once(server, 'close')
  assert.equal(ports().includes(address.port), false)
})
