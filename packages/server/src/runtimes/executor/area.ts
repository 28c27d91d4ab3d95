import type { Handlers } from './calls.ts'
import type { OpenParams } from './protocol.ts'
import type { Shell } from './shell/shell.ts'

/** What the parts of an open executor share. */
export interface Place {
  readonly options: OpenParams
  readonly shell: Shell
}

/** One part of the executor: its requests by method, and what ends it. */
export interface Area {
  readonly handlers: Handlers
  /** Ends at once what it keeps running; never throws. */
  close(): void
}
