import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Area, Place } from '../area.ts'
import { beginStream } from '../begin-stream.ts'
import type { Answer, Call } from '../calls.ts'
import { Refusal } from '../refusal.ts'
import { carry, connectTo } from './connection.ts'
import { type ListeningSocket, ListeningSockets } from './listening-sockets.ts'
import { OwnSockets } from './own-sockets.ts'

/** How often, in milliseconds, a watcher looks. */
const pace = 1000
/** Ports that are told; the lowest. */
const mostPorts = 200
/** Connections at a time. */
const mostConnections = 128

/** The servers that programs of the sandbox run: `ports_list`, `ports_watch`, `port_connect`. */
export function portsArea({ options }: Place): Area {
  const servers = new Servers(options.mark)
  const handlers = new Map<string, (call: Call) => Promise<Answer>>([
    ['ports_list', async () => ({ value: { ports: servers.list() } })],
    ['ports_watch', call => servers.watch(call)],
    ['port_connect', call => servers.connect(call)],
  ])
  // What is open ends with this process.
  return { handlers, close: () => undefined }
}

class Servers {
  readonly #sockets = new ListeningSockets()
  readonly #own: OwnSockets
  #connections = 0

  constructor(mark: string) {
    this.#own = new OwnSockets(mark)
  }

  list(): number[] {
    const ports = new Set(this.#own.of(this.#sockets.read()).map(({ port }) => port))
    return [...ports].sort((a, b) => a - b).slice(0, mostPorts)
  }

  /** A line with the ports, and another whenever they change. */
  async watch(call: Call): Promise<Answer> {
    const { output, signal } = call
    await beginStream(call, {})
    let told: string | undefined
    while (!signal.aborted) {
      const line = `${JSON.stringify(this.list())}\n`
      if (line !== told) await output.deliver(Buffer.from(line), signal)
      told = line
      await setTimeout(pace, undefined, { signal }).catch(() => undefined)
    }
    return {}
  }

  async connect(call: Call): Promise<Answer> {
    const port = call.params.number('port')
    if (this.#connections >= mostConnections)
      throw new Refusal(`There are ${mostConnections} connections into this sandbox already.`)
    this.#connections++
    try {
      await carry(call, await this.#connect(port, call.signal))
      return {}
    } finally {
      this.#connections--
    }
  }

  /** Nothing is looked up for a server that is still where it was, unless a stranger's could have taken its place. */
  async #connect(port: number, signal: AbortSignal): Promise<Socket> {
    const known = this.#own.isAlone ? addressesOf(port, this.#own.of(this.#sockets.known)) : []
    const first = known.length > 0 ? await connectTo(known, port, signal).catch(() => undefined) : undefined
    return first ?? connectTo(addressesOf(port, this.#own.of(this.#sockets.read())), port, signal)
  }
}

/** How to reach from here what listens on a port. */
function addressesOf(port: number, sockets: readonly ListeningSocket[]): string[] {
  const addresses = sockets.filter(socket => socket.port === port).flatMap(({ address }) => nearestTo(address))
  return [...new Set(addresses)]
}

function nearestTo(address: string): string[] {
  if (address === '0.0.0.0') return ['127.0.0.1']
  return address === '::' ? ['::1', '127.0.0.1'] : [address]
}
