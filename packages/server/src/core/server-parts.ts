import type { EffectiveSettings } from './effective-settings.ts'
import type { Agent, Clock, EventStore, Log, Models, OnPoint, Runtimes, SecurityAnalyzer, Workspaces } from './ports.ts'

/** What a server makes its sessions of. */
export interface ServerParts {
  readonly store: EventStore
  readonly clock: Clock
  readonly models: Models
  readonly runtimes: Runtimes
  readonly workspaces: Workspaces
  /** Undefined for a name that nobody knows. */
  readonly agents: (name: string) => Agent | undefined
  readonly analyzers: (name: string, options: { readonly workspace: string }) => SecurityAnalyzer | undefined
  readonly defaults: EffectiveSettings
  readonly commandTimeoutMs: number
  /** Whether a run that a dead server left under way goes on by itself. */
  readonly resume: boolean
  readonly log: Log
  readonly onPoint: OnPoint
}
