import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP relay in front of a server, which a test can cut in the ways that networks do. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #bytesLeft = Number.POSITIVE_INFINITY
  #onCut: () => void = () => undefined

  private constructor(target: { host: string; port: number }) {
    this.#server = createServer(client => this.#relay(client, connect(target)))
  }

  static async start(targetUrl: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(targetUrl)
    const proxy = new TcpProxy({ host: hostname, port: Number(port) })
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  /** Resets every connection (RST). */
  reset(): void {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy()
      server.destroy()
    }
  }

  /** From now on nothing passes, in either direction, and nobody is told. */
  blackhole(): void {
    for (const [client, server] of this.#pairs) {
      client.unpipe()
      server.unpipe()
      client.pause()
      server.pause()
    }
  }

  /** Resets once so many more bytes have gone to clients: in the middle of a frame, as a rule. */
  cutAfter(bytes: number): Promise<void> {
    this.#bytesLeft = bytes
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onCut = resolve
    return promise
  }

  #relay(client: Socket, server: Socket): void {
    const pair = [client, server] as const
    this.#pairs.add(pair)
    const end = (): void => {
      this.#pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const socket of pair) socket.on('error', end).on('close', end)
    client.pipe(server)
    server.on('data', (chunk: Buffer) => {
      const passed = chunk.subarray(0, Math.min(chunk.length, this.#bytesLeft))
      this.#bytesLeft -= passed.length
      if (!client.write(passed)) {
        server.pause()
        client.once('drain', () => server.resume())
      }
      if (this.#bytesLeft > 0) return
      this.#bytesLeft = Number.POSITIVE_INFINITY
      client.end(() => this.reset())
      this.#onCut()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy()
  }
}
