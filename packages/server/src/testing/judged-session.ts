import { type Draft, type Event, nothing } from '@openhands/protocol'
import { stamp } from '../core/event-stream.ts'
import type { JudgedSession, JudgeRules, Kept } from '../core/ports.ts'
import { Redactor } from '../core/redactor.ts'

/** A session for an analyzer to judge, its log and its rules in memory. */
export interface TestedSession extends JudgedSession {
  /** Adds to its log. */
  append(...drafts: readonly Draft[]): void
  readonly redactor: Redactor
  /** Every change of its rules. */
  readonly changes: readonly Partial<JudgeRules>[]
}

/** Makes one with these rules and an empty log; `pageSize` is how many events are read at once. */
export function judgedSession(first: JudgeRules = { confirmation: 'risky' }, pageSize = 500): TestedSession {
  const kept: Kept[] = []
  const changes: Partial<JudgeRules>[] = []
  const redactor = new Redactor()
  let rules = first
  let state = nothing
  return {
    workspace: '/workspace',
    ownNetwork: false,
    next: () => kept.length,
    page: async from => kept.slice(from, from + pageSize),
    rules: () => rules,
    redact: value => redactor.value(value),
    redactor,
    async change(more) {
      changes.push(more)
      rules = { ...rules, ...more }
    },
    append(...drafts) {
      const stamped = stamp(state, drafts, '2026-11-22T12:00:00.000Z')
      state = stamped.state
      for (const event of stamped.events) kept.push(keptOf(event))
    },
    changes,
  }
}

function keptOf(event: Event): Kept {
  return { id: event.id, event, json: JSON.stringify(event) }
}
