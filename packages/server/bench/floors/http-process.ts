/** The least that can be asked for its health: a bare HTTP server. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer((_, response) => response.end('"OK"'))
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  process.stdout.write(`listens at http://127.0.0.1:${port}\n`)
})
