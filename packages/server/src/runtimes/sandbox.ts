import type { SessionId } from '@openhands/protocol'
import type { OpenParams } from './executor/protocol.ts'
import type { Started } from './starter.ts'

/** An executor that runs somewhere. */
export interface StartedSandbox {
  /** Its byte streams, and how it ended. */
  readonly process: Started
  /** What the executor is told first. */
  readonly open: OpenParams
  /** Ends it with everything that it started; resolves when nothing is left. */
  end(): Promise<void>
  /** The failure to start that the process's end means here, with one remedy. */
  explain(ending: string): Promise<string>
}

/** Knows how to start the executor somewhere and how to end it with everything that it started, and nothing else. */
export interface Sandbox {
  readonly name: string
  /** Whether programs inside are kept from the host's files, processes and network. */
  readonly isolated: boolean
  /** The workspace as programs inside see it, given the folder of the host that it is. */
  workspaceOf(directory: string): string
  /** Throws `RuntimeError` of kind `unavailable` where it can be told beforehand that it will not work. */
  start(session: SessionId, directory: string): Promise<StartedSandbox>
}
