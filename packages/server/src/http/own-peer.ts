import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { isIPv6, type Socket } from 'node:net'
import { endianness } from 'node:os'

/** One end of a connection. */
export interface End {
  readonly address: string
  readonly port: number
}

/** What was found out about a connection holds for as long as it does. */
const known = new WeakMap<Socket, Promise<boolean>>()

/**
 * Whether the process at the other end of a loopback connection belongs to the server's own user. Linux tells in
 * `/proc/net/tcp`; elsewhere there is no telling, and loopback has to be enough.
 */
export async function isOwnPeer({ socket }: Pick<IncomingMessage, 'socket'>): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid === undefined) return true
  const asked = known.get(socket) ?? belongsTo(process.getuid(), socket)
  known.set(socket, asked)
  return await asked
}

async function belongsTo(user: number, socket: Socket): Promise<boolean> {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (!remoteAddress || !localAddress || remotePort === undefined || localPort === undefined) return false
  const own = { address: remoteAddress, port: remotePort }
  const peer = { address: localAddress, port: localPort }
  for (const table of ['tcp', 'tcp6']) {
    const uid = uidOf(await readFile(`/proc/net/${table}`, 'latin1').catch(() => ''), own, peer)
    if (uid !== undefined) return uid === user
  }
  return false
}

/**
 * The user of the socket with these two ends, out of a table of the kernel (proc(5), `/proc/net/tcp`). Undefined when
 * it is not there or no process has it any more: the kernel then shows user 0, whoever it was.
 */
export function uidOf(table: string, own: End, peer: End): number | undefined {
  const locals = writings(own)
  const remotes = writings(peer)
  for (const line of table.split('\n')) {
    const [, local = '', remote = '', , , , , uid, , inode] = line.trim().split(/\s+/)
    if (locals.includes(local) && remotes.includes(remote)) return inode === '0' ? undefined : Number(uid)
  }
  return undefined
}

/** How the tables write an end: words of four bytes in the machine's order; an IPv4 address may be mapped into IPv6. */
function writings({ address, port }: End): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const v4 = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(address)
  if (v4) {
    const bytes = v4.slice(1).map(Number)
    return [`${words(bytes)}${suffix}`, `${words([...new Array<number>(10).fill(0), 255, 255, ...bytes])}${suffix}`]
  }
  return isIPv6(address) ? [`${words(ipv6Bytes(address))}${suffix}`] : []
}

/** The sixteen bytes of an address that a socket reports; a zone (`%eth0`) is no part of them. */
function ipv6Bytes(address: string): readonly number[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16))
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const between = new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0)
  return [...before, ...between, ...after].flatMap(group => [group >> 8, group & 0xff])
}

function words(bytes: readonly number[]): string {
  const written: string[] = []
  for (let from = 0; from < bytes.length; from += 4) {
    const word = bytes.slice(from, from + 4)
    if (endianness() === 'LE') word.reverse()
    written.push(...word.map(byte => byte.toString(16).toUpperCase().padStart(2, '0')))
  }
  return written.join('')
}
