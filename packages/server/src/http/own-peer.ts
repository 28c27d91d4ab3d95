import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'

/**
 * Whether the process at the other end of a loopback connection belongs to the server's own user, or to root. Linux
 * tells in `/proc/net/tcp`; elsewhere there is no telling, and loopback has to be enough.
 */
export async function isOwnPeer(request: IncomingMessage): Promise<boolean> {
  const { remotePort, localPort, remoteFamily } = request.socket
  if (process.platform !== 'linux' || process.getuid === undefined) return true
  if (remotePort === undefined || localPort === undefined) return false
  const tables = remoteFamily === 'IPv6' ? ['tcp6', 'tcp'] : ['tcp', 'tcp6']
  for (const table of tables) {
    const uid = uidOf(await readFile(`/proc/net/${table}`, 'latin1').catch(() => ''), remotePort, localPort)
    if (uid !== undefined) return uid === process.getuid() || uid === 0
  }
  return false
}

/** The user of the socket whose own port is `port` and whose other end is `peerPort`, out of a table of the kernel. */
export function uidOf(table: string, port: number, peerPort: number): number | undefined {
  const own = `:${hex(port)}`
  const peer = `:${hex(peerPort)}`
  for (const line of table.split('\n')) {
    const [, local, remote, , , , , uid] = line.trim().split(/\s+/)
    if (local?.endsWith(own) && remote?.endsWith(peer)) return Number(uid)
  }
  return undefined
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}
