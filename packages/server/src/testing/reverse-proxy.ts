import { once } from 'node:events'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext } from 'node:tls'
import type { TestAuthority } from './test-authority.ts'

export interface ReverseProxyOptions {
  readonly authority: TestAuthority
  /** The name of the server, below which it is shown at `prefix`. */
  readonly host: string
  readonly prefix: string
  /** Whether the prefix is taken off what is passed on. */
  readonly strips: boolean
  /** What the names of previews end with: `.preview.test`. */
  readonly previewSuffix: string
}

/** Where things really are; told when it is known. */
export interface Targets {
  readonly server: string
  readonly preview: string
}

/** A proxy as people put it in front: it ends TLS, shows the server below a path, and previews by their names, on one port. */
export class ReverseProxy implements AsyncDisposable {
  readonly port: number
  targets: Targets = { server: '', preview: '' }
  readonly #server: ReturnType<typeof createServer>
  readonly #options: ReverseProxyOptions
  readonly #sockets = new Set<Duplex>()

  private constructor(server: ReturnType<typeof createServer>, options: ReverseProxyOptions) {
    this.#server = server
    this.#options = options
    this.port = (server.address() as AddressInfo).port // a TCP server that listens has one
    server.on('request', (incoming, response) => this.#pass(incoming, response))
    server.on('upgrade', (incoming, socket, head) => this.#passUpgrade(incoming, socket, head))
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  static async start(options: ReverseProxyOptions): Promise<ReverseProxy> {
    const identity = options.authority.identityOf(options.host)
    const server = createServer({
      ...identity,
      SNICallback: (name, done) => done(null, createSecureContext(options.authority.identityOf(name))),
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ReverseProxy(server, options)
  }

  /** Where a request goes, and as what; undefined for what is not below the prefix. */
  #routeOf({ url = '', headers }: IncomingMessage): { readonly to: URL; readonly path: string } | undefined {
    const { prefix, strips, previewSuffix } = this.#options
    const name = (headers.host ?? '').replace(/:\d+$/, '')
    if (name.endsWith(previewSuffix)) return { to: new URL(this.targets.preview), path: url }
    if (!url.startsWith(`${prefix}/`) && (strips || url !== prefix)) return undefined
    return { to: new URL(this.targets.server), path: strips ? url.slice(prefix.length) : url }
  }

  #headersOf({ headers, socket }: IncomingMessage): Record<string, string | string[] | undefined> {
    const before = headers['x-forwarded-for']
    const client = [before, socket.remoteAddress].filter(each => each !== undefined).join(', ')
    return { ...headers, 'x-forwarded-for': client, 'x-forwarded-proto': 'https', 'x-forwarded-host': headers.host }
  }

  #pass(incoming: IncomingMessage, response: ServerResponse): void {
    const route = this.#routeOf(incoming)
    if (route === undefined) return void response.writeHead(404).end()
    const { to, path } = route
    const onward = request(
      { host: to.hostname, port: to.port, path, method: incoming.method, headers: this.#headersOf(incoming) },
      answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    incoming.pipe(onward)
  }

  #passUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const route = this.#routeOf(incoming)
    if (route === undefined) return void socket.destroy()
    const onward = connect({ host: route.to.hostname, port: Number(route.to.port) })
    const lines = Object.entries(this.#headersOf(incoming)).map(([name, value]) => `${name}: ${value}\r\n`)
    onward.write(`GET ${route.path} HTTP/1.1\r\n${lines.join('')}\r\n`)
    onward.write(head)
    for (const [from, into] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      from.pipe(into)
      from.on('error', () => into.destroy())
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
