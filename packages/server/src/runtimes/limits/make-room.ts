import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { childrenOf, readProcess } from '../executor/processes.ts'

/**
 * Lets groups below a group of version 2 have controllers. The kernel allows that only where the group has no process
 * of its own, so those in it go to one below; but only when all of them belong to this server: it, what it started and
 * what started it. Otherwise, and where it may not write, nothing changes.
 */
export async function makeRoom(directory: string, names: readonly string[]): Promise<void> {
  const enable = async (): Promise<boolean> => {
    const control = join(directory, 'cgroup.subtree_control')
    const written = names.map(name => writeFile(control, `+${name}`).then(() => true, isNotBusy))
    return (await Promise.all(written)).every(Boolean)
  }
  if (await enable()) return
  const members = (await readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => '')).split('\n').filter(Boolean)
  const family = familyOf(process.pid)
  if (!members.every(pid => family.has(Number(pid)))) return
  const below = join(directory, 'openhands-server')
  try {
    await mkdir(below, { recursive: true })
    for (const pid of members) await writeFile(join(below, 'cgroup.procs'), pid)
  } catch {
    return
  }
  await enable()
}

/** A controller that is not there, or may not be had, is not mended by making room. */
function isNotBusy(error: unknown): boolean {
  return !(error instanceof Error && 'code' in error && error.code === 'EBUSY')
}

function familyOf(pid: number): ReadonlySet<number> {
  const family = new Set(descendantsOf(pid))
  for (let at = pid; at > 0; at = readProcess(at)?.parent ?? 0) family.add(at)
  return family
}

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap(child => [child, ...descendantsOf(child)])
}
