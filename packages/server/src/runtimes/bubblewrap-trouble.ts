import { readFile } from 'node:fs/promises'

/** What puts bubblewrap on a Debian machine and its like. */
export const installBubblewrap = 'apt-get install -y bubblewrap'

/** Kinds of name spaces whose number the kernel bounds. */
const counted = ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup']
/** Switches of the kernel that deny name spaces to ordinary users: the file, the value that denies, what to do. */
const switches: readonly (readonly [file: string, denied: string, remedy: string])[] = [
  ...counted.map((kind): [string, string, string] => [
    `/proc/sys/user/max_${kind}_namespaces`,
    '0',
    `sysctl -w user.max_${kind}_namespaces=10000`,
  ]),
  ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'sysctl -w kernel.unprivileged_userns_clone=1'],
  [
    '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    '1',
    'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap that allows userns',
  ],
]
/** The number of the right to mount, see capabilities(7). */
const mountRight = 21n

/** What keeps bubblewrap from working on this machine, as far as the kernel tells, and the step that mends it. */
export async function blockerOfBubblewrap(): Promise<string | undefined> {
  for (const [file, denied, remedy] of switches) {
    const value = await readFile(file, 'utf8').catch(() => undefined)
    if (value?.trim() === denied) return `name spaces are denied by ${file}; as root: ${remedy}`
  }
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '0'
  const isRoot = process.geteuid?.() === 0
  if (isRoot && ((BigInt(`0x${field('CapEff')}`) >> mountRight) & 1n) === 0n) {
    return 'root has no right to mount here, as in most containers; run the server as an ordinary user'
  }
  if (field('Seccomp') !== '2') return undefined
  const container = 'start its container with --security-opt seccomp=unconfined, or use --sandbox docker'
  return `a filter of system calls holds this server and may deny name spaces, as container engines do; ${container}`
}

/** What to do where bubblewrap does not work. */
export async function remedyForBubblewrap(): Promise<string> {
  const blocker = await blockerOfBubblewrap()
  return (
    blocker ??
    'try `bwrap --unshare-all --ro-bind / / true` as the user that runs the server, and allow what it is denied'
  )
}
