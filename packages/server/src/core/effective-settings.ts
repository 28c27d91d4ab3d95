import type { SessionSettings } from '@openhands/protocol'
import type { Confirmation } from './policy.ts'

/** What a session works with: its own settings, and the server's where it has none. */
export interface EffectiveSettings {
  readonly model?: string
  readonly baseUrl?: string
  readonly agent: string
  readonly confirmation: Confirmation
  /** Name of the analyzer; absent: nobody judges. */
  readonly analyzer?: string
  readonly maxIterations: number
  /** US dollars. */
  readonly maxBudget?: number
}

/** The server's settings with a session's own laid over them. */
export function effectiveSettings(defaults: EffectiveSettings, own: SessionSettings): EffectiveSettings {
  const model = own.model ?? defaults.model
  const baseUrl = own.base_url ?? defaults.baseUrl
  const analyzer = own.security_analyzer ?? defaults.analyzer
  const maxBudget = own.max_budget ?? defaults.maxBudget
  return {
    agent: own.agent_cls ?? defaults.agent,
    confirmation: own.confirmation ?? defaults.confirmation,
    maxIterations: own.max_iterations ?? defaults.maxIterations,
    ...(model === undefined ? {} : { model }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(analyzer === undefined ? {} : { analyzer }),
    ...(maxBudget === undefined ? {} : { maxBudget }),
  }
}
