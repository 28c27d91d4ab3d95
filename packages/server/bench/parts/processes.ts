import { readdirSync, readFileSync } from 'node:fs'

/** The kernel counts CPU time in hundredths of a second. */
const MS_PER_TICK = 10

/** Milliseconds of CPU that a process and what it started have used. */
export interface CpuTime {
  /** The process alone. */
  readonly own: number
  /** With everything below it, ended or not. */
  readonly tree: number
}

interface Entry {
  readonly parent: number
  readonly own: number
  readonly ended: number
}

/** The CPU time used so far, from `/proc`; exact to 10 ms. */
export function cpuOf(root: number): CpuTime {
  const entries = readAll()
  let tree = 0
  for (const [pid, { own, ended }] of entries) if (isBelow(pid, root, entries)) tree += own + ended
  return { own: entries.get(root)?.own ?? 0, tree }
}

/** The CPU time used between two moments. */
export function cpuBetween(before: CpuTime, after: CpuTime): CpuTime {
  return { own: after.own - before.own, tree: after.tree - before.tree }
}

/** Resident memory of a process in MB (10⁶ bytes). */
export function memoryOf(pid: number): number {
  return fieldOf(`/proc/${pid}/status`, 'VmRSS')
}

/** Memory of everything below a process, pages that are shared counted in parts, in MB (10⁶ bytes). */
export function memoryBelow(root: number): number {
  const entries = readAll()
  const below = [...entries.keys()].filter(pid => pid !== root && isBelow(pid, root, entries))
  return below.reduce((sum, pid) => sum + fieldOf(`/proc/${pid}/smaps_rollup`, 'Pss'), 0)
}

function fieldOf(path: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(path, 'latin1'))
  return (Number(found?.[1]) * 1024) / 1e6
}

function readAll(): ReadonlyMap<number, Entry> {
  const entries = new Map<number, Entry>()
  for (const name of readdirSync('/proc')) {
    const entry = /^\d+$/.test(name) ? readEntry(Number(name)) : undefined
    if (entry) entries.set(Number(name), entry)
  }
  return entries
}

function isBelow(pid: number, root: number, entries: ReadonlyMap<number, Entry>): boolean {
  for (let at = pid; at > 0; at = entries.get(at)?.parent ?? 0) if (at === root) return true
  return false
}

/** The fields behind the name, which may itself hold blanks and brackets: see proc_pid_stat(5). */
function readEntry(pid: number): Entry | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = (at: number): number => Number(fields[at]) * MS_PER_TICK
    return { parent: Number(fields[1]), own: ticks(11) + ticks(12), ended: ticks(13) + ticks(14) }
  } catch {
    return undefined // ended while we looked
  }
}
