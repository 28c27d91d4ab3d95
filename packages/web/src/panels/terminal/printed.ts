import type { JobOutput } from '@openhands/protocol'

/** What was read of a job's output so far. */
export interface Printed {
  readonly text: string
  /** Where the next reading goes on; undefined before the first. */
  readonly cursor: string | undefined
  /** Whether the beginning was let go. */
  readonly isCut: boolean
}

export const nothingPrinted: Printed = { text: '', cursor: undefined, isCut: false }

/** Characters that are kept and drawn of one job's output. */
const MOST = 100_000

/** What is known after another answer: it goes on where the last ended, or replaces all. */
export function joined(before: Printed, { text, continues, cursor }: JobOutput): Printed {
  const whole = continues ? before.text + text : text
  const isCut = whole.length > MOST
  return {
    text: isCut ? whole.slice(-MOST).toWellFormed() : whole,
    cursor,
    isCut: isCut || (continues && before.isCut),
  }
}
