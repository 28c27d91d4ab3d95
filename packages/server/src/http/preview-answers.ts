import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PreviewHeaders } from './preview-headers.ts'
import { securityHeaders } from './security-headers.ts'

/** Why there is nothing to show. */
export type PreviewTrouble = 'unknown' | 'asleep' | 'closed' | 'busy' | 'slow' | 'broken' | 'unreadable'

interface Said {
  readonly status: number
  readonly text: string
  /** After so many seconds it is worth looking again. */
  readonly retry?: number
}

/** What is said about a port; `unknown` says the same whatever is not there. */
function said(trouble: PreviewTrouble, port: number): Said {
  switch (trouble) {
    case 'unknown':
      return { status: 404, text: 'Not Found' }
    case 'asleep':
      return {
        status: 503,
        text: 'The sandbox of this session is asleep. The next message or command wakes it; this page looks again by itself.',
        retry: 5,
      }
    case 'closed':
      return {
        status: 502,
        text: `Nothing listens on port ${port} in this sandbox yet. This page looks again by itself.`,
        retry: 2,
      }
    case 'busy':
      return { status: 503, text: `Port ${port} has all the connections that it may have. Try again.`, retry: 2 }
    case 'slow':
      return { status: 504, text: `The program on port ${port} does not take connections.`, retry: 5 }
    case 'broken':
      return { status: 502, text: `The program on port ${port} closed the connection without an answer.` }
    case 'unreadable':
      return { status: 502, text: `The program on port ${port} answered something that is not HTTP.` }
  }
}

/** Answers in the program's place, unless it has begun to: then the connection is cut, so that half is not taken for all. */
export function answerInstead(
  trouble: PreviewTrouble,
  request: IncomingMessage,
  response: ServerResponse,
  headers: PreviewHeaders,
  port = 0,
): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  const { status, text, retry } = said(trouble, port)
  const isPage = retry !== undefined && (request.headers.accept ?? '').includes('text/html')
  const body = isPage ? page(text, retry) : `${text}\n`
  const known = trouble === 'unknown' ? [] : headers.readable(request)
  const policy = trouble === 'unknown' ? "frame-ancestors 'none'" : headers.framePolicy
  response.writeHead(status, [
    ...Object.entries(securityHeaders).flatMap(([name, value]) =>
      name === 'content-security-policy' ? [name, `default-src 'none'; ${policy}`] : [name, value],
    ),
    ...['content-type', `text/${isPage ? 'html' : 'plain'}; charset=utf-8`],
    ...['content-length', String(Buffer.byteLength(body)), 'connection', 'close'],
    ...(retry === undefined ? [] : ['retry-after', String(retry)]),
    ...known,
  ])
  response.end(body)
}

function page(text: string, retry: number): string {
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="${retry}"><title>Preview</title><p>${text}</p>\n`
}
