import { readdirSync, readlinkSync } from 'node:fs'
import { sandboxVariable } from '../process-tree.ts'
import { listProcesses, type Process, variableOf } from '../processes.ts'
import type { ListeningSocket } from './listening-sockets.ts'

/** A process that is just changing its program cannot be told from a stranger: so many looks decide. */
const looksNeeded = 5

/** Tells the sockets of the sandbox's programs from those of this executor and of strangers. */
export class OwnSockets {
  readonly #mark: string
  /** Whether nobody else is in this name space of processes, nor then in that of the network. */
  readonly isAlone: boolean
  /** By inode: whose it is, or how often it was looked at in vain. */
  readonly #known = new Map<string, true | number>()

  /** `mark` is the value of the sandbox's variable. */
  constructor(mark: string) {
    this.#mark = mark
    // Where the executor is the first process, or started by the first or from outside, the name space was made for it.
    this.isAlone = process.pid === 1 || process.ppid <= 1
  }

  /** Those of the sandbox's programs. Costs nothing for sockets that were there the last time. */
  of(sockets: readonly ListeningSocket[]): ListeningSocket[] {
    const present = new Set(sockets.map(({ inode }) => inode))
    for (const inode of this.#known.keys()) if (!present.has(inode)) this.#known.delete(inode)
    if (sockets.some(({ inode }) => this.#isOpen(inode))) this.#look(present)
    return sockets.filter(({ inode }) => this.#known.get(inode) === true)
  }

  #isOpen(inode: string): boolean {
    const known = this.#known.get(inode) ?? 0
    return known !== true && known < looksNeeded
  }

  #look(present: ReadonlySet<string>): void {
    const executors = socketsOf(process.pid)
    const own = this.isAlone ? present : this.#membersSockets()
    for (const inode of present) {
      const known = this.#known.get(inode) ?? 0
      if (known === true) continue
      if (executors.has(inode)) this.#known.set(inode, looksNeeded)
      else this.#known.set(inode, own.has(inode) || known + 1)
    }
  }

  /** What the descendants of this executor hold, and the processes that carry its mark. */
  #membersSockets(): Set<string> {
    const processes = new Map(listProcesses().map(entry => [entry.pid, entry]))
    const members = [...processes.values()].filter(entry => this.#isMember(entry, processes))
    return new Set(members.flatMap(({ pid }) => [...socketsOf(pid)]))
  }

  #isMember(entry: Process, processes: ReadonlyMap<number, Process>): boolean {
    if (entry.pid === process.pid) return false
    for (let at: Process | undefined = entry; at !== undefined; at = processes.get(at.parent)) {
      if (at.parent === process.pid) return true
    }
    return variableOf(entry.pid, sandboxVariable) === this.#mark
  }
}

/** The inodes of the sockets that a process holds; none when it is not ours to look at. */
function socketsOf(pid: number): Set<string> {
  const inodes = new Set<string>()
  try {
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${name}`))?.[1]
      if (inode !== undefined) inodes.add(inode)
    }
  } catch {
    // It has ended, or belongs to somebody else.
  }
  return inodes
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // closed meanwhile
  }
}
