import { readFileSync, writeFileSync } from 'node:fs'

/** Flags that a server is started with, see `bin/openhands.mjs`; a test that measures memory starts it with the same. */
export const sameHeap = { NODE_OPTIONS: '--max-semi-space-size=4' }

/** How far the resident memory of a process goes up from now on, at its peak. */
export class MemoryGrowth {
  readonly #status: string
  readonly #before: number

  constructor(pid: number) {
    this.#status = `/proc/${pid}/status`
    this.#before = fieldOf(this.#status, 'VmRSS')
    // From now on the kernel counts the peak anew: proc_pid_clear_refs(5).
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
  }

  /** In MiB. */
  get peak(): number {
    return (fieldOf(this.#status, 'VmHWM') - this.#before) / 1024
  }
}

function fieldOf(path: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(path, 'latin1'))
  return Number(found?.[1])
}
