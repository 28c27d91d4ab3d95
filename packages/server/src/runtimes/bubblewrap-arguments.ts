import { lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Where things are inside. */
export const inside = {
  workspace: '/workspace',
  home: '/home/agent',
  program: '/openhands/program',
  node: '/openhands/node',
  control: '/run/control',
  state: '/openhands/state',
  egress: '/openhands/egress',
  user: 'agent',
  uid: 1000,
  path: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
} as const

/** Bytes that the folders in memory may hold. */
export interface MemoryLimits {
  readonly temporaryBytes: number
}

/** Bytes of `/run`, where next to nothing is kept. */
const runBytes = 64 * 1024 ** 2

/** What of the host is seen inside, as paths that the sandbox's user can open. */
export interface Sources {
  readonly workspace: string
  readonly program: string
  readonly node: string
  readonly home: string
  readonly state: string
  readonly egress: string | undefined
}

/** The descriptors that hold the files made for the sandbox. */
export interface Descriptors {
  readonly passwd: number
  readonly group: number
  readonly filter: number | undefined
}

const passwd = `root:x:0:0:root:/root:/usr/sbin/nologin
${inside.user}:x:${inside.uid}:${inside.uid}::${inside.home}:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`
const group = `root:x:0:\n${inside.user}:x:${inside.uid}:\nnogroup:x:65534:\n`

/** The files of users and groups inside: those of the host are nobody's business there. */
export const accounts = { passwd: Buffer.from(passwd), group: Buffer.from(group) } as const

/**
 * The profile of the sandbox: every name space of its own, no rights, no network, a root in memory that cannot be
 * written, the system's programs read-only, and of the host's files only the workspace.
 */
export function bubblewrapArguments(sources: Sources, limits: MemoryLimits, descriptors: Descriptors): string[] {
  const memory = (bytes: number, path: string, mode = '0755'): string[] => [
    ...['--size', String(bytes), '--perms', mode, '--tmpfs', path],
  ]
  return [
    ...['--unshare-all', '--unshare-user', '--uid', String(inside.uid), '--gid', String(inside.uid)],
    ...['--disable-userns', '--cap-drop', 'ALL', '--die-with-parent', '--new-session', '--hostname', 'sandbox'],
    ...systemFolders(),
    ...['--dev', '/dev', '--proc', '/proc'],
    ...memory(limits.temporaryBytes, '/tmp', '1777'),
    ...memory(runBytes, '/run'),
    ...['--dir', '/var', '--symlink', '../tmp', '/var/tmp', '--symlink', '../run', '/var/run'],
    ...['--ro-bind-data', String(descriptors.passwd), '/etc/passwd'],
    ...['--ro-bind-data', String(descriptors.group), '/etc/group'],
    ...['--ro-bind', sources.program, inside.program, '--ro-bind', sources.node, inside.node],
    ...['--bind', sources.home, inside.home, '--bind', sources.state, inside.state],
    ...(sources.egress === undefined ? [] : ['--ro-bind', sources.egress, inside.egress]),
    ...['--bind', sources.workspace, inside.workspace, '--chdir', inside.workspace],
    ...['--remount-ro', '/'],
    ...(descriptors.filter === undefined ? [] : ['--seccomp', String(descriptors.filter)]),
    '--clearenv',
  ]
}

/** The folders of a distribution that hold programs; old ones have `/bin` and its like as folders of their own. */
function systemFolders(): string[] {
  const bound = ['/usr', '/etc'].flatMap(path => ['--ro-bind', path, path])
  const tried = ['/opt', '/nix/store'].flatMap(path => ['--ro-bind-try', path, path])
  const linked = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'].flatMap(name => {
    const path = join('/', name)
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return []
    return stats.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
  })
  return [...bound, ...tried, ...linked]
}
