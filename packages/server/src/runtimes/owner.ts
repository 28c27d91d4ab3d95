import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { endAll } from './end-all.ts'
import { sandboxVariable } from './executor/process-tree.ts'
import { listProcesses, readProcess, variableOf } from './executor/processes.ts'

/** A process of a sandbox, and whose it is. */
export interface MarkedProcess {
  readonly pid: number
  readonly mark: string
}

/** Names a server and its data directory in the environment of every sandbox, so that orphans can be told from others'. */
export class Owner {
  readonly #directory: string
  readonly #server: string

  constructor(dataDirectory: string) {
    this.#directory = createHash('sha256').update(resolve(dataDirectory)).digest('hex').slice(0, 16)
    this.#server = this.#nameOf(process.pid, readProcess(process.pid)?.started ?? 0)
  }

  /** The same for every server that uses this data directory. */
  get family(): string {
    return this.#directory
  }

  /** The mark of one sandbox of this server. */
  markOf(id: string): string {
    return `${this.#directory}.${this.#server}.${id}`
  }

  /**
   * Ends the sandboxes of servers that used this data directory and are gone; resolves to how many there were. `others`
   * finds processes that do not say themselves whose they are.
   */
  async reap(others: () => readonly MarkedProcess[] = () => []): Promise<number> {
    const marks = new Set<string>()
    await endAll(() => {
      const orphans = [...markedProcesses(), ...others()].filter(entry => this.isOrphan(entry.mark))
      for (const { mark } of orphans) marks.add(mark)
      return orphans.map(entry => entry.pid)
    })
    return marks.size
  }

  /** Whether a mark is of a server that used this data directory and is gone. */
  isOrphan(mark: string): boolean {
    const [directory, ...rest] = mark.split('.')
    if (directory !== this.#directory) return false
    const server = rest.slice(0, 2).join('.')
    return !listProcesses().some(({ pid, started }) => this.#nameOf(pid, started) === server)
  }

  /** Programs inside may see it, so that it says nothing of the host's processes. */
  #nameOf(pid: number, started: number): string {
    const digest = createHash('sha256').update(`${this.#directory} ${pid} ${started}`).digest()
    return `${digest.readUInt32BE()}.${digest.readUInt32BE(4)}`
  }
}

/** The processes that carry a mark. */
export function pidsMarked(mark: string): number[] {
  return markedProcesses()
    .filter(entry => entry.mark === mark)
    .map(entry => entry.pid)
}

/** Every process, but this one, that belongs to some sandbox and whose environment may be read. */
function markedProcesses(): MarkedProcess[] {
  return listProcesses().flatMap(({ pid }) => {
    const mark = pid === process.pid ? undefined : variableOf(pid, sandboxVariable)
    return mark === undefined ? [] : [{ pid, mark }]
  })
}
