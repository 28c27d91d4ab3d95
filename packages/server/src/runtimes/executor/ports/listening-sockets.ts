import { readProc } from '../processes.ts'

/** A TCP socket that takes connections. */
export interface ListeningSocket {
  readonly port: number
  /** The address that it was bound to, as text; `0.0.0.0` and `::` are all addresses. */
  readonly address: string
  /** Its number in the kernel. */
  readonly inode: string
}

/** Milliseconds for which a table is good while the number of sockets stays the same. */
const goodFor = 10_000

/**
 * The listening TCP sockets in the network name space of this process, whoever they belong to. The kernel searches a table
 * of all name spaces for them, which takes it milliseconds, but how many sockets there are it knows at once.
 */
export class ListeningSockets {
  #count = ''
  #readAt = Number.NEGATIVE_INFINITY
  #known: readonly ListeningSocket[] = []

  /** Those of the last reading; costs nothing. */
  get known(): readonly ListeningSocket[] {
    return this.#known
  }

  /** Those that there are; one that took the place of another may be noticed ten seconds late. */
  read(): readonly ListeningSocket[] {
    const count = countSockets()
    if (count === this.#count && performance.now() - this.#readAt < goodFor) return this.#known
    this.#count = count
    this.#readAt = performance.now()
    this.#known = ['net/tcp', 'net/tcp6'].flatMap(table => parseSockets(readProc(table) ?? ''))
    return this.#known
  }
}

/** The number of TCP sockets in use here, of either family. */
function countSockets(): string {
  const counts = ['net/sockstat', 'net/sockstat6'].map(
    table => /^TCP6?: inuse (\d+)/m.exec(readProc(table) ?? '')?.[1] ?? '',
  )
  return counts.join(' ')
}

/** The listening sockets in one of the kernel's tables; what is none is left out. */
export function parseSockets(table: string): ListeningSocket[] {
  return table.split('\n').flatMap(line => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
    const [address, port] = local?.split(':') ?? []
    if (state !== listenState || address === undefined || port === undefined || inode === undefined) return []
    return [{ port: Number.parseInt(port, 16), address: readAddress(address), inode }]
  })
}

const listenState = '0A'

/** Words of four bytes, each as this machine (little-endian, like every one that Node.js runs on here) has it in memory. */
function readAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').swap32()
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.subarray(0, 12).equals(mappedPrefix)) return bytes.subarray(12).join('.')
  const words = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return words.every(word => word === '0') ? '::' : words.join(':')
}

/** An address of the old family inside one of the new. */
const mappedPrefix = Buffer.from('00000000000000000000ffff', 'hex')
