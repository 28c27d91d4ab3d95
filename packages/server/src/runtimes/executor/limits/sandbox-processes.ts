import { sandboxVariable } from '../process-tree.ts'
import { listProcesses, type Process, readProc, variableOf } from '../processes.ts'

/** What runs in this sandbox besides the executor. */
export interface SandboxProcesses {
  /** What the executor started itself: shells, and what serves other requests. */
  readonly own: readonly number[]
  /** Everything else: what those have started, and what has lost its parent. */
  readonly others: readonly number[]
}

/** Looks at `/proc`; `mark` is the value of the sandbox's variable, which tells the parentless from strangers. */
export function sandboxProcesses(mark: string): SandboxProcesses {
  const all = new Map(listProcesses().map(entry => [entry.pid, entry]))
  const own: number[] = []
  const others: number[] = []
  for (const entry of all.values()) {
    if (entry.pid === process.pid) continue
    if (entry.parent === process.pid) own.push(entry.pid)
    else if (isBelow(entry, all) || isMarked(entry, mark)) others.push(entry.pid)
  }
  return { own, others }
}

/** Bytes that they, and those of their children that have ended, have written to anything. */
export function bytesWritten({ own, others }: SandboxProcesses): number {
  const written = (pid: number): number => Number(/^wchar: (\d+)$/m.exec(readProc(`${pid}/io`) ?? '')?.[1] ?? 0)
  return [...own, ...others].reduce((sum, pid) => sum + written(pid), 0)
}

/** How many threads they have, those of the executor included, as the bound on processes counts them. */
export function threadsOf({ own, others }: SandboxProcesses): number {
  const threads = (pid: number): number => Number(/^Threads:\s*(\d+)$/m.exec(readProc(`${pid}/status`) ?? '')?.[1] ?? 0)
  return [process.pid, ...own, ...others].reduce((sum, pid) => sum + threads(pid), 0)
}

function isBelow(entry: Process, all: ReadonlyMap<number, Process>): boolean {
  for (let at: Process | undefined = entry; at !== undefined; at = all.get(at.parent)) {
    if (at.parent === process.pid) return true
  }
  return false
}

function isMarked(entry: Process, mark: string): boolean {
  return entry.pid !== 1 && variableOf(entry.pid, sandboxVariable) === mark
}
