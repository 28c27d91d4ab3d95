import type { SecurityRisk } from '@openhands/protocol'
import type { Call } from './call.ts'

/** One thing to look for in one command. */
export interface Rule {
  readonly id: string
  /** The programs that it is about; absent: all. */
  readonly of?: readonly string[]
  readonly risk: SecurityRisk
  /** What was found, for people; undefined when nothing was. */
  find(call: Call): string | undefined
  /** Continues the program's name in a sentence; `$` is what was found. */
  readonly because: string
}
