import type { SecurityAnalyzer } from '../core/ports.ts'
import { PolicyAnalyzer, type PolicyOptions } from './policy-analyzer.ts'

/** Names under which analyzers can be asked for. */
export const analyzerNames: readonly string[] = ['policy']

/** Makes the analyzer with a name; undefined when there is none of that name. */
export function createAnalyzers(): (name: string, options: PolicyOptions) => SecurityAnalyzer | undefined {
  const makers = new Map([['policy', (options: PolicyOptions) => new PolicyAnalyzer(options)]])
  return (name, options) => makers.get(name)?.(options)
}
