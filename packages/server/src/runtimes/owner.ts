import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { endAll } from './end-all.ts'
import { sandboxVariable } from './executor/process-tree.ts'
import { listProcesses, readProcess, variableOf } from './executor/processes.ts'

/** Names a server and its data directory in the environment of every sandbox, so that orphans can be told from others'. */
export class Owner {
  readonly #directory: string
  readonly #server: string

  constructor(dataDirectory: string) {
    this.#directory = createHash('sha256').update(resolve(dataDirectory)).digest('hex').slice(0, 16)
    this.#server = `${process.pid}.${readProcess(process.pid)?.started ?? 0}`
  }

  /** The mark of one sandbox of this server. */
  markOf(id: string): string {
    return `${this.#directory}.${this.#server}.${id}`
  }

  /** Ends the sandboxes of servers that used this data directory and are gone; resolves to how many there were. */
  async reap(): Promise<number> {
    const marks = new Set<string>()
    await endAll(() => {
      const orphans = markedProcesses().filter(entry => this.#isOrphan(entry.mark))
      for (const { mark } of orphans) marks.add(mark)
      return orphans.map(entry => entry.pid)
    })
    return marks.size
  }

  #isOrphan(mark: string): boolean {
    const [directory, pid, started] = mark.split('.')
    return directory === this.#directory && String(readProcess(Number(pid))?.started) !== started
  }
}

/** The processes that carry a mark. */
export function pidsMarked(mark: string): number[] {
  return markedProcesses()
    .filter(entry => entry.mark === mark)
    .map(entry => entry.pid)
}

/** Every process, but this one, that belongs to some sandbox and whose environment may be read. */
function markedProcesses(): { readonly pid: number; readonly mark: string }[] {
  return listProcesses().flatMap(({ pid }) => {
    const mark = pid === process.pid ? undefined : variableOf(pid, sandboxVariable)
    return mark === undefined ? [] : [{ pid, mark }]
  })
}
