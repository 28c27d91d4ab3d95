import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { ServerIdentity } from './test-authority.ts'

/** An https server of a test on a port of its own. */
export interface PrivateServer extends AsyncDisposable {
  readonly port: number
  /** Requests that it got, as `METHOD /path`. */
  readonly requests: readonly string[]
}

async function listening(server: Server, requests: readonly string[]): Promise<PrivateServer> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const end = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
  }
  return { port: (server.address() as AddressInfo).port, requests, [Symbol.asyncDispose]: end } // listening on TCP
}

/** Serves only those who send this header; tells nobody else anything but 401. */
export async function guardedServer(
  identity: ServerIdentity,
  authorization: string,
  serve: RequestListener,
): Promise<PrivateServer> {
  const requests: string[] = []
  const server = createServer(identity, (request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (request.headers.authorization === authorization) serve(request, response)
    else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="private"' }).end('who are you?\n')
  })
  return listening(server, requests)
}

/** Serves the repositories of a folder as git's own program does it over HTTP, pushes too. */
export function gitOverHttp(folder: string): RequestListener {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://git.test')
    const git = spawn('git', ['-c', 'safe.directory=*', 'http-backend'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        REMOTE_USER: 'somebody',
        PATH_INFO: pathname,
        QUERY_STRING: searchParams.toString(),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        CONTENT_LENGTH: request.headers['content-length'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    git.stdin.on('error', () => undefined)
    request.pipe(git.stdin)
    answerAsGateway(git.stdout, response).catch(() => response.destroy())
  }
}

/** The answer of a program behind the Common Gateway Interface: headers, an empty line, the body. */
async function answerAsGateway(output: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of output) {
    if (head === undefined) {
      response.write(chunk)
      continue
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) continue
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(': ')
      if (name === 'Status') response.statusCode = Number(value.slice(0, 3))
      else response.setHeader(name, value)
    }
    response.write(head.subarray(end + 4))
    head = undefined
  }
  response.end()
}

/** A registry with one package, `private-greeting`, that speaks as strictly as those of npm do. */
export function npmRegistry(url: () => string): RequestListener {
  const archive = gzipSync(
    Buffer.concat([
      ...tarEntry(
        'package/package.json',
        JSON.stringify({ name: 'private-greeting', version: '1.2.3', main: 'index.js' }),
      ),
      ...tarEntry('package/index.js', "module.exports = 'hello from the registry'\n"),
      Buffer.alloc(1024),
    ]),
  )
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`
  const shasum = createHash('sha1').update(archive).digest('hex')
  return (request: IncomingMessage, response: ServerResponse) => {
    const dist = { tarball: `${url()}/private-greeting/-/private-greeting-1.2.3.tgz`, integrity, shasum }
    const version = { name: 'private-greeting', version: '1.2.3', main: 'index.js', dist }
    const about = { name: version.name, 'dist-tags': { latest: '1.2.3' }, versions: { '1.2.3': version } }
    if (request.method !== 'GET') response.writeHead(405).end()
    else if (request.url === '/private-greeting')
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(about))
    else if (request.url === '/private-greeting/-/private-greeting-1.2.3.tgz')
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(archive)
    else response.writeHead(404).end('{}')
  }
}

/** A file in a tar archive (POSIX ustar): its header, and its bytes in whole blocks. */
function tarEntry(name: string, content: string): Buffer[] {
  const bytes = Buffer.from(content)
  const header = Buffer.alloc(512)
  const put = (at: number, text: string): number => header.write(text, at, 'latin1')
  put(0, name)
  put(100, '0000644\0')
  put(108, '0000000\0')
  put(116, '0000000\0')
  put(124, `${bytes.length.toString(8).padStart(11, '0')}\0`)
  put(136, '00000000000\0')
  put(148, ' '.repeat(8))
  put(156, '0')
  put(257, 'ustar\x0000')
  put(
    148,
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
  )
  return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
}
