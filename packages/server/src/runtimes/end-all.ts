import { setTimeout } from 'node:timers/promises'
import { signal } from './executor/processes.ts'

/** How long, in milliseconds, killed processes may take to be gone, and how often that is looked at. */
const limit = 5000
const interval = 5

/**
 * Kills what `find` finds until it finds nothing, twice: while a process changes its program, its environment cannot be
 * read. Throws when something outlives five seconds.
 */
export async function endAll(find: () => number[]): Promise<void> {
  let empty = 0
  for (let waited = 0; waited < limit; waited += interval) {
    const found = find()
    empty = found.length === 0 ? empty + 1 : 0
    if (empty === 2) return
    for (const pid of found) signal(pid, 'SIGKILL')
    await setTimeout(interval)
  }
  throw new Error(`Processes could not be ended: ${find().join(', ')}`)
}
