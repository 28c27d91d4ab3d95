import { addressOf, type Target } from './host.ts'
import { isFor, type Rule } from './rule.ts'

/** Nothing; what the entries name; or every public host besides. */
export type EgressMode = 'none' | 'list' | 'open'

/** Where the programs of a session may go. */
export interface EgressPolicy {
  readonly mode: EgressMode
  /** Mean nothing in mode `none`; in mode `open` they only matter for private addresses. */
  readonly rules: readonly Rule[]
}

/** What a policy says about a host and port before its addresses are known. */
export type Verdict =
  | {
      readonly ok: true
      readonly allowsPrivate: boolean
      /** Whether the method decides, so that requests must be seen. */
      readonly needsMethod: boolean
    }
  | { readonly ok: false; readonly why: string /** The entry that would allow it. */; readonly entry: string }

/** Judges a request; without a method, a connection of which nothing more is known. */
export function judge(policy: EgressPolicy, target: Target, method?: string): Verdict {
  const entry = addressOf(target)
  if (policy.mode === 'none') return { ok: false, why: 'this session has no network access', entry }
  const known = policy.rules.filter(rule => isFor(rule, target))
  const fitting = known.filter(rule => method === undefined || (rule.methods?.has(method) ?? true))
  const allowsPrivate = fitting.some(rule => rule.isPrivate)
  if (policy.mode === 'open') return { ok: true, allowsPrivate, needsMethod: false }
  if (fitting.length > 0) return { ok: true, allowsPrivate, needsMethod: fitting.every(rule => rule.methods) }
  if (known.length === 0) return { ok: false, why: 'it is not on the allow-list', entry }
  const methods = [...new Set(known.flatMap(rule => [...(rule.methods ?? [])]))].join(', ')
  return {
    ok: false,
    why: `the allow-list has it for ${methods} only, not for ${method}`,
    entry: `'${method} ${entry}'`,
  }
}
