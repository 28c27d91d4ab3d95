import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

/** What a control group can bound. */
export const controllers = ['memory', 'processes', 'cpu'] as const
export type Controller = (typeof controllers)[number]

/** A folder of the kernel's in which groups for one controller can be made. */
export interface GroupPlace {
  readonly version: 1 | 2
  readonly directory: string
  /** Whether it is that of processes that are in no group. */
  readonly isTop?: boolean
}

/** Where groups might be made for each controller, nearest to this process first; nothing was tried yet. */
export type GroupPlaces = ReadonlyMap<Controller, readonly GroupPlace[]>

const kernelNames: Readonly<Record<Controller, string>> = { memory: 'memory', processes: 'pids', cpu: 'cpu' }

interface Mount {
  readonly kind: string
  /** The group that is seen at `point`. */
  readonly root: string
  readonly point: string
  readonly options: readonly string[]
}

/**
 * Reads it from `/proc/self`, or another folder with `cgroup` and `mountinfo` in it. Groups are made below the group
 * of this process, so that what it is itself held to holds them too.
 */
export async function groupPlaces(proc = '/proc/self'): Promise<GroupPlaces> {
  const [groups, mountinfo] = await Promise.all(
    ['cgroup', 'mountinfo'].map(name => readFile(join(proc, name), 'utf8').catch(() => '')),
  )
  const mounts = (mountinfo ?? '').split('\n').flatMap(parseMount)
  const unified = mounts.find(mount => mount.kind === 'cgroup2')
  const own = ownGroups(groups ?? '')
  const offered = unified === undefined ? [] : await namesIn(join(unified.point, 'cgroup.controllers'))
  const places = new Map<Controller, readonly GroupPlace[]>()
  for (const controller of controllers) {
    const name = kernelNames[controller]
    const old = mounts.find(mount => mount.kind === 'cgroup' && mount.options.includes(name))
    if (old !== undefined) places.set(controller, [oldPlace(old, own.get(name))])
    else if (unified !== undefined && offered.includes(name))
      places.set(controller, unifiedPlaces(unified, own.get('')))
  }
  return places
}

/** Whether groups made in a place of version 2 are offered a controller. */
export async function offers(place: GroupPlace, controller: Controller): Promise<boolean> {
  return (await namesIn(join(place.directory, 'cgroup.subtree_control'))).includes(kernelNames[controller])
}

/** How the kernel calls a controller. */
export function kernelName(controller: Controller): string {
  return kernelNames[controller]
}

function oldPlace(mount: Mount, own: string | undefined): GroupPlace {
  const directory = directoryOf(mount, own)
  return mount.root === '/' && directory === mount.point
    ? { version: 1, directory, isTop: true }
    : { version: 1, directory }
}

/** The own group, which may have been handed over to this server, and those above it. */
function unifiedPlaces(mount: Mount, own: string | undefined): readonly GroupPlace[] {
  const places: GroupPlace[] = []
  for (let directory = directoryOf(mount, own); directory !== mount.point; directory = dirname(directory)) {
    places.push({ version: 2, directory })
  }
  return [...places, { version: 2, directory: mount.point }]
}

function directoryOf(mount: Mount, own = '/'): string {
  const path = relative(mount.root, own)
  // A group outside of what is mounted here cannot be reached.
  return path.startsWith('..') ? mount.point : join(mount.point, path)
}

/** The groups of a process by controller; the one of version 2 has the name ''. */
function ownGroups(text: string): ReadonlyMap<string, string> {
  const entries = text.split('\n').flatMap(line => {
    const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    return names === undefined || path === undefined
      ? []
      : names.split(',').map((name): [string, string] => [name, path])
  })
  return new Map(entries)
}

/** See proc_pid_mountinfo(5). */
function parseMount(line: string): Mount[] {
  const [before = '', after = ''] = line.split(' - ')
  const [, , , root, point] = before.split(' ')
  const [kind, , options] = after.split(' ')
  if (root === undefined || point === undefined || kind === undefined || options === undefined) return []
  return [{ kind, root: unescaped(root), point: unescaped(point), options: options.split(',') }]
}

function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

async function namesIn(file: string): Promise<readonly string[]> {
  return (await readFile(file, 'utf8').catch(() => '')).split(/\s+/).filter(Boolean)
}
