import { commandVariable, isMarkedBy } from '../process-tree.ts'
import { listProcesses, type Process, variableOf } from '../processes.ts'
import type { Job } from './job.ts'

/** Whose processes they may be. */
export interface Family {
  /** The session's shell; 0 when there is none. */
  readonly shell: number
  /** The value of the sandbox's variable. */
  readonly mark: string
  /** The commands so far, oldest first. */
  readonly commands: readonly Job[]
}

interface Seen {
  readonly started: number
  readonly job: Job
}

/** Remembers which process came from which command. */
export class Origins {
  #known: ReadonlyMap<number, Seen> = new Map()

  /**
   * Looks at every process once and tells whose it is. A process that was seen before keeps its origin; a new one is told by
   * its command's number in its environment, by its parent or by its process group, and otherwise comes from the last
   * command that had begun before it did.
   */
  find(family: Family): Map<Job, number[]> {
    const processes = new Map(listProcesses().map(entry => [entry.pid, entry]))
    const outsiders = ancestorsOf(process.pid, processes)
    const ours = [...processes.values()].filter(entry => !outsiders.has(entry.pid) && isOurs(entry, family, processes))
    const known = new Map<number, Seen>()
    const groups = new Map<number, Job>()
    const settle = (entry: Process, job: Job): void => {
      known.set(entry.pid, { started: entry.started, job })
      groups.set(entry.group, groups.get(entry.group) ?? job)
    }
    for (const entry of ours) {
      const seen = this.#known.get(entry.pid)
      if (seen?.started === entry.started) settle(entry, seen.job)
    }
    // A parent is older than its children, so its origin is known first.
    const others = ours.filter(entry => !known.has(entry.pid)).sort((a, b) => a.started - b.started || a.pid - b.pid)
    for (const entry of others) {
      const kin = known.get(entry.parent)?.job ?? groups.get(entry.group)
      const job = named(entry, family.commands) ?? kin ?? lastBefore(entry, family.commands)
      if (job !== undefined) settle(entry, job)
    }
    this.#known = known
    const found = new Map<Job, number[]>()
    for (const [pid, { job }] of known) found.set(job, [...(found.get(job) ?? []), pid])
    return found
  }
}

function ancestorsOf(pid: number, processes: ReadonlyMap<number, Process>): Set<number> {
  const found = new Set<number>()
  for (let at = processes.get(pid); at !== undefined && !found.has(at.pid); at = processes.get(at.parent))
    found.add(at.pid)
  return found
}

/** Descendants of the shell, and what has lost its parents but still carries the mark; not what the executor started. */
function isOurs(start: Process, { shell, mark }: Family, processes: ReadonlyMap<number, Process>): boolean {
  if (start.pid === shell) return false
  for (let at: Process | undefined = start; at !== undefined && at.pid > 1; at = processes.get(at.parent)) {
    if (at.parent === shell) return true
    if (at.parent === process.pid) return false
  }
  return isMarkedBy(start.pid, mark)
}

/** A shell that was only forked still has the environment that it was started with, and so no number. */
function named({ pid }: Process, commands: readonly Job[]): Job | undefined {
  const number = Number(variableOf(pid, commandVariable) ?? 0)
  return number > 0 ? commands.find(command => command.number === number) : undefined
}

function lastBefore({ started, pid }: Process, commands: readonly Job[]): Job | undefined {
  return commands.findLast(({ since, cursor }) => since < started || (since === started && cursor < pid))
}
