import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Controller } from './group-places.ts'

/** What a sandbox is to be held to. */
export interface GroupLimits {
  readonly memoryBytes: number
  readonly processes: number
  /** Cores; those of the machine or more for no bound. */
  readonly cpus: number
}

interface Setting {
  readonly file: string
  readonly value: string
  /** Whether the kernel may be without it. */
  readonly optional?: boolean
}

/** Microseconds over which the use of cores is counted. */
const period = 100_000

/** What to write into a group; nothing for a bound that is none. */
function settings(version: 1 | 2, controller: Controller, limits: GroupLimits, cores: number): readonly Setting[] {
  const memory = String(limits.memoryBytes)
  if (controller === 'processes') return [{ file: 'pids.max', value: String(limits.processes) }]
  if (controller === 'memory') {
    return version === 1
      ? [
          { file: 'memory.limit_in_bytes', value: memory },
          // Memory and swap together: nothing is to be swapped out to get around the bound.
          { file: 'memory.memsw.limit_in_bytes', value: memory, optional: true },
        ]
      : [
          { file: 'memory.max', value: memory },
          { file: 'memory.swap.max', value: '0', optional: true },
        ]
  }
  if (limits.cpus >= cores) return []
  const quota = String(Math.max(1000, Math.round(limits.cpus * period)))
  return version === 1
    ? [
        { file: 'cpu.cfs_period_us', value: String(period) },
        { file: 'cpu.cfs_quota_us', value: quota },
      ]
    : [{ file: 'cpu.max', value: `${quota} ${period}` }]
}

/** Sets the bounds of a group for one controller; throws when the kernel does not take one. */
export async function setLimits(
  directory: string,
  version: 1 | 2,
  controller: Controller,
  limits: GroupLimits,
  cores: number,
): Promise<void> {
  for (const { file, value, optional } of settings(version, controller, limits, cores)) {
    const written = writeFile(join(directory, file), value)
    await (optional === true ? written.catch(() => undefined) : written)
  }
}

/** The bound that the kernel says a group has: bytes, a count, or cores; undefined for none. */
export async function readLimit(
  directory: string,
  version: 1 | 2,
  controller: Controller,
): Promise<number | undefined> {
  const read = async (file: string): Promise<string[]> =>
    (await readFile(join(directory, file), 'utf8').catch(() => '')).trim().split(' ')
  const value = (text: string | undefined): number | undefined => {
    const number = Number(text)
    return text === undefined || text === '' || !Number.isFinite(number) || number < 0 ? undefined : number
  }
  if (controller === 'processes') return value((await read('pids.max'))[0])
  if (controller === 'memory') return value((await read(version === 1 ? 'memory.limit_in_bytes' : 'memory.max'))[0])
  const [quota, length] =
    version === 1 ? [(await read('cpu.cfs_quota_us'))[0], (await read('cpu.cfs_period_us'))[0]] : await read('cpu.max')
  const [used, whole] = [value(quota), value(length)]
  return used === undefined || whole === undefined ? undefined : used / whole
}
