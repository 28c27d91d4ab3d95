import { join } from 'node:path'
import type { EngineContainer } from './docker-client.ts'
import { readProc } from './executor/processes.ts'
import { ControlGroup } from './limits/control-group.ts'

/**
 * Tells when a running container has met its bounds, as the kernel counts it; undefined where the engine runs on
 * another machine than this one, or the kernel's counts cannot be seen from here.
 */
export function boundsOf(id: string, { State, HostConfig }: EngineContainer): ControlGroup | undefined {
  const groups = groupsOf(State.Pid, id)
  if (groups.size === 0) return undefined
  const [old, unified, processes] = [groups.get('memory'), groups.get(''), groups.get('pids') ?? groups.get('')]
  const file = old === undefined ? unified && join(unified, 'memory.events') : join(old, 'memory.oom_control')
  const count = HostConfig.PidsLimit ?? 0
  return new ControlGroup({
    directories: [...new Set(groups.values())],
    limits: [],
    memory: file === undefined || HostConfig.Memory === 0 ? undefined : { file, bytes: HostConfig.Memory },
    processes: processes === undefined || count <= 0 ? undefined : { file: join(processes, 'pids.events'), count },
    record: '',
  })
}

/** The folders of a container's control groups by controller; that of version 2 has the name ''. */
function groupsOf(pid: number, id: string): ReadonlyMap<string, string> {
  const mounts = (readProc('self/mountinfo') ?? '').split('\n').flatMap(mountOf)
  const groups = new Map<string, string>()
  for (const line of (readProc(`${pid}/cgroup`) ?? '').split('\n')) {
    const [, names = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    // The numbers of processes are only good on the engine's machine.
    if (!path.includes(id)) continue
    for (const name of names.split(',')) {
      const mount = mounts.find(each => (name === '' ? each.kind === 'cgroup2' : each.options.includes(name)))
      if (mount !== undefined) groups.set(name, join(mount.point, path))
    }
  }
  return groups
}

/** A mounted hierarchy of control groups, see proc_pid_mountinfo(5). */
function mountOf(line: string): { point: string; kind: string; options: string[] }[] {
  const [before = '', after = ''] = line.split(' - ')
  const [kind = '', , options = ''] = after.split(' ')
  const point = before.split(' ')[4]
  return point !== undefined && kind.startsWith('cgroup') ? [{ point, kind, options: options.split(',') }] : []
}
