import { readFile } from 'node:fs/promises'

/** Switches of the kernel that deny name spaces to ordinary users: the file, the value that denies, what to do. */
const switches: readonly (readonly [file: string, denied: string, remedy: string])[] = [
  ['/proc/sys/user/max_user_namespaces', '0', 'sysctl -w user.max_user_namespaces=10000'],
  ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'sysctl -w kernel.unprivileged_userns_clone=1'],
  [
    '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    '1',
    'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap that allows userns',
  ],
]
/** The number of the right to mount, see capabilities(7). */
const mountRight = 21n

/** What most likely keeps bubblewrap from working on this machine, and what to do about it. */
export async function remedyForBubblewrap(): Promise<string> {
  for (const [file, denied, remedy] of switches) {
    const value = await readFile(file, 'utf8').catch(() => undefined)
    if (value?.trim() === denied) return `user name spaces are denied by ${file}; as root: ${remedy}`
  }
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const rights = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  const isRoot = process.geteuid?.() === 0
  if (isRoot && ((rights >> mountRight) & 1n) === 0n) {
    return 'root has no right to mount here, as in most containers; run the server as an ordinary user'
  }
  return 'try `bwrap --unshare-all --ro-bind / / true` as the user that runs the server, and allow what it is denied'
}
