import { existsSync } from 'node:fs'
import type { Finding } from '../../core/ports.ts'
import { type Controller, controllers } from './group-places.ts'

/** What a sandbox without a group is held to all the same. */
const otherwise: Readonly<Record<'bubblewrap' | 'local', Partial<Record<Controller, string>>>> = {
  bubblewrap: { processes: 'rlimit' },
  local: {},
}

/** What of a sandbox's memory, processes and cores can be bounded here, and what would let the rest be. */
export function limitFindings(
  available: ReadonlyMap<Controller, 1 | 2>,
  sandbox: 'bubblewrap' | 'local',
): readonly Finding[] {
  return controllers.map(controller => {
    const about = `limit of ${controller}`
    const version = available.get(controller)
    if (version !== undefined) return { about, ok: true, found: `Held by control groups, version ${version}.` }
    const other = otherwise[sandbox][controller]
    if (other !== undefined) return { about, ok: true, found: `Held by an ${other}; no control group can be made.` }
    const found = 'Not held: this server can make no control group for it.'
    return { about, ok: false, found, remedy: remedy() }
  })
}

function remedy(): string {
  if (process.geteuid?.() === 0) return 'mount -o remount,rw /sys/fs/cgroup, or have the container of the server do so'
  return existsSync('/run/systemd/system')
    ? 'systemd-run --user --scope -p Delegate=yes npm start'
    : 'run the server as root, which gives every session a user of its own'
}
