import type { Draft, RunnableAction, SecurityRisk } from '@openhands/protocol'
import type { AnalyzerAnswer, AnalyzerQuestion, Assessment, JudgedSession, SecurityAnalyzer } from '../core/ports.ts'
import { assessFields, type Surroundings } from './action-rules.ts'
import { type BashParser, bashParser } from './bash-parser.ts'
import { assessCommand } from './command-assessment.ts'
import { answerPanel } from './panel.ts'
import { policyText } from './policy-text.ts'
import { SessionTrace } from './session-trace.ts'
import { judgedElementsOf } from './trace-elements.ts'

export type PolicyOptions = Surroundings

/** Judges actions by rules over the parsed command, path or address; what it cannot read is never low. */
export class PolicyAnalyzer implements SecurityAnalyzer {
  readonly name = 'policy'
  readonly #surroundings: Surroundings
  readonly #session: JudgedSession | undefined

  /** Without a session it judges all the same, and has nothing to show. */
  constructor(surroundings: PolicyOptions, session?: JudgedSession) {
    this.#surroundings = surroundings
    this.#session = session
  }

  async assess(action: Draft<RunnableAction>, signal: AbortSignal): Promise<Assessment> {
    signal.throwIfAborted()
    if (action.action === 'run') {
      const { command, is_input } = action.args
      const parser: BashParser = await bashParser()
      return is_input && isKey(command)
        ? low('A key is sent to the running command.')
        : assessCommand(command, this.#surroundings.workspace, parser)
    }
    return assessFields(action, this.#surroundings)
  }

  /** Its rules are built in; people may read them, and decide from which risk on they are asked. */
  async answer(question: AnalyzerQuestion, signal: AbortSignal): Promise<AnalyzerAnswer> {
    signal.throwIfAborted()
    const session = this.#session
    if (!session) return { status: 404, json: { detail: 'Security analyzer not initialized' } }
    const trace = (): Promise<readonly unknown[]> => new SessionTrace(session, judgedElementsOf).past()
    return await answerPanel(question, { session, policy: async () => policyText, trace })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // nothing is held: the grammar is the process's
  }
}

function isKey(text: string): boolean {
  return text === '' || /^C-[a-z]$/.test(text)
}

function low(reason: string): Assessment {
  return { risk: 0 satisfies SecurityRisk, reason }
}
