import { writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Where 1000 stands for all memory there is: what runs commands goes long before the executor does. */
const score = '500'
/** A thousand busy programs at this priority leave the executor some of a core: it has to end them. */
const priority = 10

/** What the process, and whatever it starts from now on, can have of memory and processors comes after the executor's. */
export function yieldToExecutor(pid: number): void {
  for (const change of [() => writeFileSync(`/proc/${pid}/oom_score_adj`, score), () => setPriority(pid, priority)]) {
    try {
      change()
    } catch {
      // It has ended, has stepped back further by itself, or this machine does not let us.
    }
  }
}
