import type { SecurityRisk, SessionSettings } from '@openhands/protocol'

export type Confirmation = NonNullable<SessionSettings['confirmation']>
export type Verdict = 'allow' | 'ask'

/**
 * Whether an action may run or somebody has to be asked first. `risky` asks about high risk and about whatever could
 * not be judged, `cautious` about medium risk too: doubt is not a reason to go on.
 */
export function verdict(risk: SecurityRisk, confirmation: Confirmation): Verdict {
  switch (confirmation) {
    case 'never':
      return 'allow'
    case 'always':
      return 'ask'
    case 'risky':
      return risk === 2 || risk === -1 ? 'ask' : 'allow'
    case 'cautious':
      return risk === 0 ? 'allow' : 'ask'
  }
}
