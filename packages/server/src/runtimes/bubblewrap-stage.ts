import type { Sources } from './bubblewrap-arguments.ts'
import type { SandboxUser } from './sandbox-user.ts'

/**
 * Mounts what its arguments up to `--` name, each with a name of its own, where any user can reach it, in a mount name
 * space of its own, and goes on with the rest: a data directory is closed to everybody but root. `/sys` is nobody's
 * workspace, and not needed.
 */
const stage = `set -e
mount -t tmpfs -o mode=0755,size=64k,nosuid,nodev openhands /sys
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir "/sys/$2"; else : >"/sys/$2"; fi
  mount --bind "$1" "/sys/$2"
  shift 2
done
shift
exec "$@"
`

/** What a server that is root starts bubblewrap with: a view of the host in which `user` finds the sources, and then that user. */
export function stageFor(sources: Sources, user: SandboxUser): string[] {
  const ids = ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups', '--no-new-privs']
  const places = Object.entries(sources).flatMap(([name, path]) => (path === undefined ? [] : [path, name]))
  return ['unshare', '--mount', '--', 'sh', '-c', stage, 'sh', ...places, '--', 'setpriv', ...ids, '--']
}

/** Where `stage` puts the sources. */
export function staged({ egress }: Sources): Sources {
  return {
    workspace: '/sys/workspace',
    program: '/sys/program',
    node: '/sys/node',
    home: '/sys/home',
    state: '/sys/state',
    egress: egress === undefined ? undefined : '/sys/egress',
  }
}
