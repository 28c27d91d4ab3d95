import type { SessionSettings } from '@openhands/protocol'
import { present } from '../lib/present.ts'
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
  return {
    agent: own.agent_cls ?? defaults.agent,
    confirmation: own.confirmation ?? defaults.confirmation,
    maxIterations: own.max_iterations ?? defaults.maxIterations,
    ...present({
      model: own.model ?? defaults.model,
      baseUrl: own.base_url ?? defaults.baseUrl,
      analyzer: own.security_analyzer ?? defaults.analyzer,
      maxBudget: own.max_budget ?? defaults.maxBudget,
    }),
  }
}
