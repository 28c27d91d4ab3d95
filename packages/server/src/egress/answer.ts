import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { messageOf } from '../lib/errors.ts'
import { Denial } from './denial.ts'

/** The header by which programs can tell the proxy's refusals from a server's. */
const refusedBy = 'openhands-egress'

/** The denial that a failure means to a client. */
export function denialOf(error: unknown, target: string): Denial {
  return error instanceof Denial ? error : new Denial(502, target, reasonOf(error))
}

/** Answers a request that is not let through. */
export function answerDenial(response: ServerResponse, { status, message }: Denial): void {
  if (response.destroyed) return
  if (response.headersSent) {
    // Half an answer must not look like a whole one.
    response.destroy()
    return
  }
  response.writeHead(status, headersFor(message))
  const { req: request } = response
  if (!isStillSending(request)) {
    response.end(`${message}\n`)
    return
  }
  // The answer is complete, but a connection that is closed while its client still sends may take it along.
  response.write(`${message}\n`)
  request.on('end', () => response.end())
  request.resume()
}

function isStillSending({ headers, complete }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)
}

/** Answers a CONNECT, or whatever is no request at all, that is not let through. */
export function writeDenial(socket: Socket, { status, message }: Denial): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const headers = Object.entries({ ...headersFor(message), Connection: 'close' })
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${message}\n`)
  // What the client still sends is read away, or the answer might be lost with the connection.
  socket.resume()
}

/** A response for a request whose connection the server has already handed over, as it does for upgrades. */
export function responseOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.on('finish', () => {
    response.detachSocket(socket)
    socket.end()
  })
  return response
}

function headersFor(message: string): Record<string, string> {
  return {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(message) + 1),
    'X-Refused-By': refusedBy,
  }
}

/** Attempts at several addresses fail with one error that has a code and no words. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return messageOf(error) === '' ? code || 'no connection' : messageOf(error)
}
