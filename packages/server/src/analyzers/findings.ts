import type { SecurityRisk } from '@openhands/protocol'
import type { Assessment } from '../core/ports.ts'
import { worst } from './command-assessment.ts'

const levels: ReadonlyMap<string, SecurityRisk> = new Map<string, SecurityRisk>([
  ['low', 0],
  ['medium', 1],
  ['high', 2],
])
/** Characters of a finding that are repeated to whoever has to decide. */
const LONGEST_QUOTE = 300

/**
 * What a judge's findings amount to (wire A8.8, C6): the worst of the levels that they name, low where there are none. A
 * finding that names no level is an objection of unknown weight, and doubt is worse than medium risk.
 */
export function assessmentOf(findings: readonly string[]): Assessment {
  const found = worst(
    findings.map(text => ({ risk: riskOf(text), reason: `The Invariant server objects: ${quoted(text)}.` })),
  )
  return (
    found ?? {
      risk: 0,
      reason: `The Invariant server has ${findings.length > 0 ? 'no more than remarks' : 'no objection'}.`,
    }
  )
}

/** A text may quote what the agent wrote, levels too, so that the first one that it names need not be its own. */
function riskOf(text: string): SecurityRisk {
  const named = [...text.matchAll(/\brisk=(\w+)/g)].flatMap(([, level = '']) => levels.get(level) ?? [])
  return named.length === 0 ? -1 : (Math.max(...named) as SecurityRisk) // the largest of what the table holds
}

/** On one line, with nothing in it that hides or reverses text. */
function quoted(text: string): string {
  const plain = text
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .replace(/[.!]+$/, '')
  return plain.length > LONGEST_QUOTE ? `${plain.slice(0, LONGEST_QUOTE).toWellFormed()}…` : plain
}
