import type { SessionId } from '@openhands/protocol'
import type { EgressDoor, Finding, Limit } from '../core/ports.ts'
import type { OpenParams } from './executor/protocol.ts'
import type { Started } from './starter.ts'

/** An executor that runs somewhere. */
export interface StartedSandbox {
  /** Its byte streams, and how it ended. */
  readonly process: Started
  /** What the executor is told first. */
  readonly open: OpenParams
  /** The bounds that it is held to. */
  readonly limits: readonly Limit[]
  /** The bounds that were met since this was last asked, in bracketed lines; absent where nobody could tell. */
  takeTrouble?(): string
  /** Ends it with everything that it started; resolves when nothing is left. */
  end(): Promise<void>
  /** The failure to start that the process's end means here, with one remedy. */
  explain(ending: string): Promise<string>
}

/** What a sandbox is started for. */
export interface SandboxRequest {
  readonly session: SessionId
  /** The workspace on the host; it exists. */
  readonly directory: string
  /** The way out; absent where the sandbox shares the host's network. */
  readonly egress: EgressDoor | undefined
  readonly onStatus: (id: string, message: string) => void
  readonly signal: AbortSignal
}

/** Knows how to start the executor somewhere and how to end it with everything that it started, and nothing else. */
export interface Sandbox {
  readonly name: string
  /** Whether programs inside are kept from the host's files, processes and network. */
  readonly isolated: boolean
  /** The workspace as programs inside see it, given the folder of the host that it is. */
  workspaceOf(directory: string): string
  /** Throws `RuntimeError` of kind `unavailable` where it can be told beforehand that it will not work. */
  start(request: SandboxRequest): Promise<StartedSandbox>
  /** What this machine can do for it. */
  probe(): Promise<readonly Finding[]>
  /** Ends what servers that are gone have left elsewhere than in processes of this machine; resolves to how many there were. */
  reap?(): Promise<number>
}
