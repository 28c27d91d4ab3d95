import type { Draft, Event, EventId, RunnableAction, SecurityRisk } from '@openhands/protocol'
import type { Confirmation } from './policy.ts'

export interface Assessment {
  readonly risk: SecurityRisk
  /** One sentence for whoever has to decide: what makes it risky. */
  readonly reason: string
}

/** Judges an action before it is in the log, and so before it can run. */
export interface SecurityAnalyzer extends AsyncDisposable {
  readonly name: string
  /**
   * Must change nothing; throwing counts as unknown risk, with what was thrown as the reason. `before` is what the same
   * step wrote before the action: it is not in the log yet.
   */
  assess(action: Draft<RunnableAction>, signal: AbortSignal, before?: readonly Draft[]): Promise<Assessment>
  /** Answers what people ask of it, or change in it; absent: it has nothing to show. Rejects with the signal's reason only. */
  answer?(question: AnalyzerQuestion, signal: AbortSignal): Promise<AnalyzerAnswer>
}

/** A request of a page about its session's analyzer (wire A5.12). */
export interface AnalyzerQuestion {
  readonly method: string
  /** What follows `/security/`. */
  readonly path: string
  /** Parsed JSON; undefined when there was none. */
  readonly body: unknown
}

export interface AnalyzerAnswer {
  readonly status: number
  readonly json: unknown
}

/** What people have decided about a session's judgements, and the server where they have not. */
export interface JudgeRules {
  readonly confirmation: Confirmation
  /** For an analyzer that takes its rules from people. */
  readonly policy?: string
}

/** The session that an analyzer is made for: where it works, its log to read, and its rules. */
export interface JudgedSession {
  /** The absolute path of the workspace as commands see it. */
  readonly workspace: string
  /** Whether `localhost` is the sandbox itself and not the host. */
  readonly ownNetwork: boolean
  /** The id that the log's next event will get. */
  next(): EventId
  /** A part of the log from an event on, in order; empty at its end. */
  page(from: EventId): Promise<readonly { readonly id: EventId; readonly event: Event }[]>
  rules(): JudgeRules
  /** The value without the secrets that the server knows: what leaves it goes through here (S20). */
  redact<T>(value: T): T
  /** Keeps other rules, in the session's log; only for what a client asked for (S23). */
  change(rules: Partial<JudgeRules>): Promise<void>
}

/** The analyzers that a server has. */
export interface Analyzers {
  /** Why there is none of that name, and what to do about it; undefined when there is one. */
  refusal(name: string): string | undefined
  /** Makes one; undefined when it is refused. Starts nothing before it is asked. */
  make(name: string, session: JudgedSession): SecurityAnalyzer | undefined
}
