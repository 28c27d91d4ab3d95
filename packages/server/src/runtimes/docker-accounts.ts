import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inside } from './bubblewrap-arguments.ts'
import type { SandboxUser } from './sandbox-user.ts'

/** What a container is called inside. */
export const hostName = 'sandbox'

/** The files of users, groups and machines that a container has instead of its image's. */
export interface Accounts {
  readonly passwd: string
  readonly group: string
  readonly hosts: string
}

/** Writes them into a folder: programs ask who and where they are, and no image knows the user that a session runs as. */
export async function writeAccounts(folder: string, { uid, gid }: SandboxUser): Promise<Accounts> {
  const lines = {
    passwd: [
      'root:x:0:0:root:/root:/usr/sbin/nologin',
      `${inside.user}:x:${uid}:${gid}::${inside.home}:/bin/bash`,
      'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    ],
    group: ['root:x:0:', `${inside.user}:x:${gid}:`, 'nogroup:x:65534:'],
    hosts: ['127.0.0.1 localhost', '::1 ip6-localhost ip6-loopback', `127.0.1.1 ${hostName}`],
  } as const
  const at = (name: string): string => join(folder, name)
  for (const [name, text] of Object.entries(lines)) await writeFile(at(name), `${text.join('\n')}\n`, { mode: 0o644 })
  return { passwd: at('passwd'), group: at('group'), hosts: at('hosts') }
}
