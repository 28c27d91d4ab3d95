import { readFileSync } from 'node:fs'
import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Limit } from '../../core/ports.ts'
import { sizeText } from '../executor/limits/size-text.ts'

/** How long, in milliseconds, the kernel may take to let go of processes that have ended, and how often that is looked at. */
const limit = 3000
const interval = 10

/** A group as it was made. */
export interface MadeGroup {
  /** Every folder of the kernel's that it consists of. */
  readonly directories: readonly string[]
  readonly limits: readonly Limit[]
  /** Where the kernel counts the deaths for want of memory and the processes that could not be started. */
  readonly memory: { readonly file: string; readonly bytes: number } | undefined
  readonly processes: { readonly file: string; readonly count: number } | undefined
  /** The file that names it for a later server. */
  readonly record: string
}

/** Holds the processes of one sandbox together and within bounds. */
export class ControlGroup {
  readonly #made: MadeGroup
  #killed = 0
  #refused = 0

  constructor(made: MadeGroup) {
    this.#made = made
  }

  get directories(): readonly string[] {
    return this.#made.directories
  }

  get limits(): readonly Limit[] {
    return this.#made.limits
  }

  /** What to start instead of a program, so that it is in the group from its first instruction on. */
  joined(command: readonly string[]): string[] {
    return joining(this.#made.directories, command)
  }

  /** The processes in it. */
  pids(): number[] {
    return pidsIn(this.#made.directories)
  }

  /** The bounds that were met since this was last asked, in words; empty when none was. */
  takeTrouble(): string {
    const { memory, processes } = this.#made
    const killed = countOf(memory?.file, 'oom_kill')
    const refused = countOf(processes?.file, 'max')
    const notes = [
      killed > this.#killed && memory !== undefined ? `[Out of memory: limit ${sizeText(memory.bytes)}.]\n` : '',
      refused > this.#refused && processes !== undefined
        ? `[The limit of ${processes.count} processes was reached.]\n`
        : '',
    ]
    ;[this.#killed, this.#refused] = [killed, refused]
    return notes.join('')
  }

  /** Removes it once its processes are gone; what cannot be removed now is left to a later server. */
  async remove(): Promise<void> {
    await removeGroup(this.#made.directories, this.#made.record)
  }
}

/** See `ControlGroup.joined`. */
export function joining(directories: readonly string[], command: readonly string[]): string[] {
  if (directories.length === 0) return [...command]
  const join = 'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit; shift; done; shift; exec "$@"'
  return ['/bin/sh', '-c', join, 'sh', ...directories, '--', ...command]
}

/** The processes in any of the folders of a group. */
export function pidsIn(directories: readonly string[]): number[] {
  const found = directories.flatMap(directory => readText(join(directory, 'cgroup.procs')).split('\n').filter(Boolean))
  return [...new Set(found.map(Number))]
}

/** Removes the empty folders of a group and then its record, for as long as that may take; resolves to whether it is gone. */
export async function removeGroup(directories: readonly string[], record: string): Promise<boolean> {
  for (let waited = 0; waited < limit; waited += interval) {
    const removed = await Promise.all(directories.map(isRemoved))
    if (removed.every(Boolean)) {
      await rm(record, { force: true })
      return true
    }
    await setTimeout(interval)
  }
  return false
}

async function isRemoved(directory: string): Promise<boolean> {
  return rmdir(directory).then(
    () => true,
    error => error instanceof Error && 'code' in error && error.code === 'ENOENT',
  )
}

/** A count in one of the kernel's files of names and numbers; 0 where there is none. */
function countOf(file: string | undefined, name: string): number {
  if (file === undefined) return 0
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(readText(file))?.[1] ?? 0)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
