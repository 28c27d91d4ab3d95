import { connect } from 'node:net'

/** What came back on a bare socket. */
export interface RawAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/**
 * Sends exactly this text to a server and reads one answer, head only where there is no body to come. Rejects when the
 * connection ends before.
 */
export async function rawHttp(
  url: string,
  text: string,
  options: { readonly localAddress?: string } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname.replace(/[[\]]/g, ''), port: Number(port), ...options })
  socket.setEncoding('latin1')
  socket.write(text)
  let received = ''
  try {
    for await (const chunk of socket) {
      received += chunk
      const answer = parsed(received, text.startsWith('HEAD '))
      if (answer) return answer
    }
  } finally {
    socket.destroy()
  }
  throw new Error(`the connection ended after ${JSON.stringify(received)}`)
}

function parsed(received: string, headOnly: boolean): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = received.slice(0, end).split('\r\n')
  const headers = new Map(
    lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), textAfterColon(line)] as const),
  )
  const status = Number(first.split(' ')[1])
  const length = headOnly || status === 101 ? 0 : Number(headers.get('content-length') ?? 0)
  const body = received.slice(end + 4)
  return body.length < length ? undefined : { status, headers, body: body.slice(0, length) }
}

function textAfterColon(line: string): string {
  return line.slice(line.indexOf(':') + 1).trim()
}
