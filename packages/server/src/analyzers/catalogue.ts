import type { Analyzers, JudgedSession, SecurityAnalyzer } from '../core/ports.ts'
import { InvariantAnalyzer, type InvariantOptions } from './invariant-analyzer.ts'
import { PolicyAnalyzer } from './policy-analyzer.ts'

export interface AnalyzerSettings {
  /** Absent: no Invariant server is known, and nothing is judged by one. */
  readonly invariant?: InvariantOptions
}

const withoutUrl =
  'The security analyzer "invariant" needs the address of an Invariant server: start this server with INVARIANT_URL, or choose "policy".'

/** Names under which analyzers can be asked for, the default first. */
export function analyzerNames({ invariant }: AnalyzerSettings): readonly string[] {
  return invariant ? ['policy', 'invariant'] : ['policy']
}

/** The analyzers that can be had with these settings. */
export function createAnalyzers(settings: AnalyzerSettings): Analyzers {
  const { invariant } = settings
  const makers = new Map<string, (session: JudgedSession) => SecurityAnalyzer>([
    ['policy', session => new PolicyAnalyzer(session, session)],
  ])
  if (invariant) makers.set('invariant', session => new InvariantAnalyzer(session, invariant))
  const names = analyzerNames(settings)
  return {
    refusal(name) {
      if (makers.has(name)) return undefined
      if (name === 'invariant') return withoutUrl
      return `There is no security analyzer named ${JSON.stringify(name.slice(0, 100))}; there is ${names.join(', ')}.`
    },
    make: (name, session) => makers.get(name)?.(session),
  }
}
