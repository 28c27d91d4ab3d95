import { connect, type Socket } from 'node:net'

export interface RawSocketOptions {
  /** The whole value of `Sec-WebSocket-Protocol`, blanks and all. */
  readonly protocols?: string
  readonly target?: string
  /** Header lines besides those of the upgrade itself; with `Host` instead of the usual one. */
  readonly lines?: readonly string[]
  /** Text frames that travel in the same packet as the upgrade. */
  readonly first?: readonly string[]
}

/** A WebSocket client made by hand: it can write what libraries do not, and not read where libraries do. */
export class RawSocket {
  readonly socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #ended = false
  readonly #waiting = new Set<() => void>()

  /** Begins to connect; reads nothing until it is asked to. */
  constructor(url: string, options: RawSocketOptions = {}) {
    const { hostname, port, host } = new URL(url)
    this.socket = connect({ host: hostname.replace(/[[\]]/g, ''), port: Number(port) })
    this.socket.on('error', () => undefined).pause()
    this.socket.write(upgrade(host, options))
    for (const text of options.first ?? []) this.send(text)
  }

  send(text: string): void {
    this.socket.write(maskedText(text))
  }

  /** From now on everything that comes is kept. */
  read(): void {
    this.socket.on('data', chunk => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    this.socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
    this.socket.resume()
  }

  /** The head of the answer to the upgrade, once it is there. */
  get head(): string | undefined {
    const end = this.#received.indexOf('\r\n\r\n')
    return end < 0 ? undefined : this.#received.toString('latin1', 0, end)
  }

  /** Every frame with text or JSON that has come in full. */
  get texts(): readonly string[] {
    const end = this.#received.indexOf('\r\n\r\n')
    return end < 0 ? [] : textsOf(this.#received.subarray(end + 4))
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Resolves as soon as something is so; rejects when the connection ends before. */
  async until(holds: () => boolean, what: string): Promise<void> {
    while (!holds()) {
      if (this.#ended) throw new Error(`the connection ended before ${what}: ${this.head}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      await promise
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

function upgrade(host: string, { protocols, target = '/ws', lines = [] }: RawSocketOptions): string {
  const own = lines.some(line => line.toLowerCase().startsWith('host:')) ? [] : [`Host: ${host}`]
  return [
    `GET ${target} HTTP/1.1`,
    ...own,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(protocols === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocols}`]),
    ...lines,
    '',
    '',
  ].join('\r\n')
}

/** A client's text frame (RFC 6455 §5.2), masked with zeros. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text)
  const length = Buffer.alloc(payload.length < 126 ? 1 : payload.length < 65_536 ? 3 : 9)
  if (length.length === 1) length[0] = 0x80 | payload.length
  if (length.length === 3) length.writeUInt16BE(payload.length, 1)
  if (length.length === 9) length.writeBigUInt64BE(BigInt(payload.length), 1)
  if (length.length > 1) length[0] = 0x80 | (length.length === 3 ? 126 : 127)
  return Buffer.concat([Buffer.of(0x81), length, Buffer.alloc(4), payload])
}

/** A server's text frames; others are passed over, one that is not whole yet ends the list. */
function textsOf(bytes: Buffer): readonly string[] {
  const texts: string[] = []
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes.readUInt8(at + 1) & 0x7f
    const begin = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
    if (begin > bytes.length) break
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    if (begin + length > bytes.length) break
    if ((bytes.readUInt8(at) & 0x0f) === 1) texts.push(bytes.toString('utf8', begin, begin + length))
    at = begin + length
  }
  return texts
}
