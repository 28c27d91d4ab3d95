import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** A way to a server that can fall silent: then nothing passes it in either direction, and nobody is told. */
export class SilentLine implements AsyncDisposable {
  readonly #server: Server
  /** Each end of a connection, and the other one of it. */
  readonly #ends = new Map<Socket, Socket>()
  #isSilent = false

  #port = 0

  private constructor() {
    this.#server = createServer(near => this.#join(near, connect(this.#port, '127.0.0.1')))
  }

  /** Begins to listen at `url`. */
  static async start(): Promise<SilentLine> {
    const line = new SilentLine()
    line.#server.listen(0, '127.0.0.1')
    await once(line.#server, 'listening')
    return line
  }

  get url(): string {
    return `http://${this.host}`
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}` // it listens on a port
  }

  /** Says which server it leads to. */
  leadTo(address: string): void {
    this.#port = Number(new URL(address).port)
  }

  /** Nothing passes for so long, not even an end; who connects meanwhile hears nothing. Then all that was held passes. */
  async fallSilent(ms: number): Promise<void> {
    this.#isSilent = true
    for (const socket of this.#ends.keys()) socket.pause()
    await pause(ms)
    this.#isSilent = false
    for (const [socket, other] of this.#ends) {
      socket.resume()
      if (other.destroyed) socket.destroy()
    }
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#ends.set(from, to)
      from.on('data', data => to.write(data))
      from.on('end', () => to.end())
      from.on('error', () => undefined) // its close follows
      from.on('close', () => {
        this.#ends.delete(from)
        if (!this.#isSilent) to.destroy()
      })
      if (this.#isSilent) from.pause()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#ends.keys()) socket.destroy()
    this.#server.close()
  }
}
