/** The least that a server of clients does: a bare WebSocket server that gives every message to everybody. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

const server = createServer((_, response) => response.end('"OK"'))
const sockets = new WebSocketServer({ server, perMessageDeflate: false })
sockets.on('connection', socket => {
  socket.send('{"hello":true}')
  socket.on('message', data => {
    const text = String(data)
    for (const each of sockets.clients) each.send(text)
  })
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo // a TCP server that listens has one
process.stdout.write(`listens at http://127.0.0.1:${port}\n`)
