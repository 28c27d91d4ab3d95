import { type ClientRequest, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Duplex, pipeline } from 'node:stream'
import { answerInstead } from './preview-answers.ts'
import type { PreviewHeaders } from './preview-headers.ts'
import type { Visit } from './preview-origins.ts'

/** Bytes that the headers of a program's answer may have. */
const headerLimit = 64 * 1024

/** One request of a browser, admitted and with a connection to the program that it is for. */
export interface Exchange {
  readonly visit: Visit
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The connection to the program; used for nothing else. */
  readonly program: Duplex
  readonly headers: PreviewHeaders
}

/** Carries a request to the program and its answer back as they come. The connection is closed when it is over. */
export function exchange(parts: Exchange): void {
  const { request, response, program } = parts
  response.once('close', () => program.destroy())
  // One request only; but programs that mean to close cut off whoever is still sending, before he has read the answer.
  const sent = send(parts, ['Connection', 'keep-alive'])
  sent?.once('response', answer => relay(parts, answer))
  // What the program does not want to read is let go, so that the browser reads the answer.
  sent?.once('close', () => {
    request.unpipe(sent)
    request.resume()
  })
  if (sent !== undefined) request.pipe(sent)
}

/** Asks for a WebSocket, and joins the two connections when the program agrees. `head` is what the browser sent already. */
export function upgrade(parts: Exchange, browser: Duplex, head: Buffer): void {
  const { request, response, program, headers, visit } = parts
  browser.once('close', () => program.destroy())
  const sent = send(parts, ['Connection', 'Upgrade', 'Upgrade', 'websocket'])
  sent?.once('response', answer => relay(parts, answer))
  sent?.once('upgrade', (answer: IncomingMessage, inner: Duplex, first: Buffer) => {
    response.detachSocket(request.socket)
    const lines = pairs(headers.toBrowser(answer, visit, request)).map(([name, value]) => `${name}: ${value}\r\n`)
    const agreed = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${lines.join('')}\r\n`
    browser.write(Buffer.concat([Buffer.from(agreed, 'latin1'), first]))
    inner.write(head)
    join(browser, inner)
  })
  sent?.end()
}

/** The request to the program, its body still to come; undefined when it cannot be one. */
function send({ visit, request, response, program, headers }: Exchange, more: string[]): ClientRequest | undefined {
  const fail = (error: NodeJS.ErrnoException): void => {
    const isOdd = error.code?.startsWith('HPE_') === true
    answerInstead(isOdd ? 'unreadable' : 'broken', request, response, headers, visit.port)
  }
  try {
    const sent = httpRequest({
      createConnection: () => program,
      method: request.method,
      path: request.url,
      headers: [...headers.toProgram(request, visit), ...more],
      setHost: false,
      maxHeaderSize: headerLimit,
    })
    return sent.once('error', fail)
  } catch {
    fail(new Error('no program would be sent such a request'))
    return undefined
  }
}

function relay({ visit, request, response, program, headers }: Exchange, answer: IncomingMessage): void {
  try {
    const { statusCode = 502, statusMessage } = answer
    response.writeHead(statusCode, statusMessage, headers.toBrowser(answer, visit, request))
  } catch {
    program.destroy()
    answerInstead('unreadable', request, response, headers, visit.port)
    return
  }
  // An event stream says nothing for long, and its reader waits to hear that it has begun.
  response.flushHeaders()
  // What broke off must not look whole: then the browser's connection is cut as well.
  pipeline(answer, response, () => void program.destroy())
}

/** Each way ends by itself; when one breaks, both do. */
function join(browser: Duplex, program: Duplex): void {
  const destroy = (): void => {
    browser.destroy()
    program.destroy()
  }
  for (const [from, to] of [
    [browser, program],
    [program, browser],
  ] as const) {
    from.once('error', destroy)
    from.once('close', destroy)
    from.pipe(to)
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : []))
}
