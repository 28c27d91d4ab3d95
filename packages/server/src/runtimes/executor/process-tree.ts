import { listProcesses, type Process, signal, variableOf } from './processes.ts'

/** The variable that everything started in a sandbox carries, unless a program cleans its environment. */
export const sandboxVariable = 'OPENHANDS_SANDBOX'
/** The variable that everything started in a user's own terminal carries besides; its value names the terminal. */
export const terminalVariable = 'OPENHANDS_TERMINAL'
/** The variable that holds, in what a command of the shell starts, the number of that command. */
export const commandVariable = 'OPENHANDS_COMMAND'

/** Whether a process was started in the sandbox with this mark, and not in a user's own terminal. */
export function isMarkedBy(pid: number, mark: string): boolean {
  return variableOf(pid, sandboxVariable) === mark && variableOf(pid, terminalVariable) === undefined
}

/** Which processes belong to a command. */
export interface CommandTree {
  /** The shell that runs it; not itself part of the tree. */
  readonly shell: number
  /** When the command began, in ticks. */
  readonly since: number
  /** Jobs of earlier commands: they and what they start are not part of the tree. */
  readonly spared: ReadonlySet<number>
  /** The value of the sandbox's variable; tells orphans of the command from strangers. */
  readonly mark: string
}

/** The processes of a command that still run: the shell's descendants and those that it has lost to another parent. */
export function membersOf(tree: CommandTree): number[] {
  const processes = new Map(listProcesses().map(process => [process.pid, process]))
  return [...processes.values()].filter(process => isMember(process, tree, processes)).map(process => process.pid)
}

function isMember(start: Process, tree: CommandTree, processes: ReadonlyMap<number, Process>): boolean {
  if (start.pid === tree.shell) return false
  const isMarked = (process: Process): boolean => isMarkedBy(process.pid, tree.mark)
  let current: Process | undefined = start
  while (current !== undefined && current.pid > 1) {
    if (current.pid === tree.shell) return true
    if (current.pid === process.pid || tree.spared.has(current.pid)) return false
    // Older than the command: a job of an earlier one, or a stranger that collects the orphans of this machine.
    if (current.started < tree.since) return !isMarked(current) && isMarked(start)
    current = processes.get(current.parent)
  }
  return isMarked(start)
}

/** How long to wait, in milliseconds, before looking again after a look that found nothing. */
const pause = 10

/**
 * Kills the processes until none is left, as they may be starting others meanwhile. It must find nothing twice: while a
 * process changes its program, its environment cannot be read. Blocks this process; false when there
 * still were some after so many `looks`.
 */
export function killAll(find: () => number[], looks = 100): boolean {
  let empty = 0
  for (let look = 0; look < looks && empty < 2; look++) {
    const found = find()
    for (const pid of found) signal(pid, 'SIGKILL')
    empty = found.length === 0 ? empty + 1 : 0
    if (empty === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
  }
  return empty === 2
}
