import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** On every answer, errors included: no frame, no script, no sniffing, no referrer, nothing kept (S36). */
export const securityHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** Answers on a bare socket, without a body, and ends it: where there is no response object. */
export function refuse(socket: Duplex, status: number): void {
  if (!socket.writable) return void socket.destroy()
  const headers = Object.entries({ connection: 'close', 'content-length': '0', ...securityHeaders })
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\n${lines}\r\n`)
}
