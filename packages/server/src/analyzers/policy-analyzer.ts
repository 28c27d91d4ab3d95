import type { Draft, RunnableAction, SecurityRisk } from '@openhands/protocol'
import type { Assessment, SecurityAnalyzer } from '../core/ports.ts'
import { assessFields, type Surroundings } from './action-rules.ts'
import { type BashParser, bashParser } from './bash-parser.ts'
import { assessCommand } from './command-assessment.ts'

export type PolicyOptions = Surroundings

/** Judges actions by rules over the parsed command, path or address; what it cannot read is never low. */
export class PolicyAnalyzer implements SecurityAnalyzer {
  readonly name = 'policy'
  readonly #surroundings: Surroundings

  constructor(surroundings: PolicyOptions) {
    this.#surroundings = surroundings
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
