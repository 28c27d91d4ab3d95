import type { SessionId } from '@openhands/protocol'
import type { EffectiveSettings } from './effective-settings.ts'
import type {
  Agent,
  Blobs,
  Clock,
  EventStore,
  Log,
  Models,
  OnPoint,
  Runtimes,
  SecurityAnalyzer,
  Workspaces,
} from './ports.ts'

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
  readonly analyzers: (
    name: string,
    options: { readonly workspace: string; readonly ownNetwork: boolean },
  ) => SecurityAnalyzer | undefined
  readonly defaults: EffectiveSettings
  readonly commandTimeoutMs: number
  /** Whether the workspace's state is kept before an action may change it. */
  readonly checkpoints: boolean
  /** Where a server that listens in a session's sandbox can be seen; undefined where it cannot. */
  readonly previewUrl: (session: SessionId, port: number) => string | undefined
  /** Whether a run that a dead server left under way goes on by itself. */
  readonly resume: boolean
  readonly log: Log
  readonly onPoint: OnPoint
}
