import { once } from 'node:events'
import { createServer, type Server } from 'node:http'

/** A server that nobody may ask, and that knows who has tried. */
export class Sink implements AsyncDisposable {
  readonly url: string
  /** Connections and requests, in order. */
  readonly visitors: string[] = []
  readonly #server: Server

  private constructor(server: Server, port: number) {
    this.#server = server
    this.url = `http://127.0.0.1:${port}`
    server.on('connection', () => this.visitors.push('a connection'))
    server.on('request', (request, response) => {
      this.visitors.push(`${request.method} ${request.url}`)
      response.end()
    })
  }

  static async start(): Promise<Sink> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return new Sink(server, typeof address === 'object' && address ? address.port : 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
