import type { SessionId } from '@openhands/protocol'
import type { EffectiveSettings } from './effective-settings.ts'
import type { OnKept } from './event-stream.ts'
import type { Agent, Analyzers, Blobs, Clock, EventStore, Log, Models, OnPoint, Runtimes, Workspaces } from './ports.ts'
import type { Redactor } from './redactor.ts'

/** What a server makes its sessions of. */
export interface ServerParts {
  readonly store: EventStore
  readonly blobs: Blobs
  readonly clock: Clock
  /** An id that nobody can guess and nobody has. */
  readonly newId: () => SessionId
  readonly models: Models
  readonly runtimes: Runtimes
  readonly workspaces: Workspaces
  /** Undefined for a name that nobody knows. */
  readonly agents: (name: string) => Agent | undefined
  readonly analyzers: Analyzers
  readonly defaults: EffectiveSettings
  readonly commandTimeoutMs: number
  /** Whether the workspace's state is kept before an action may change it. */
  readonly checkpoints: boolean
  /** Where a server that listens in a session's sandbox can be seen; undefined where it cannot. */
  readonly previewUrl: (session: SessionId, port: number) => string | undefined
  /** Whether a run that a dead server left under way goes on by itself. */
  readonly resume: boolean
  readonly log: Log
  /** Knows what must be in no log and on no screen. */
  readonly redactor: Redactor
  readonly onPoint: OnPoint
  /** Called with what any session has kept, in the order of each; must not throw. */
  readonly onKept: (session: SessionId, ...kept: Parameters<OnKept>) => void
}
