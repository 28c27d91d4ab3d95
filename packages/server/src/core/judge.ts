import { actionEffects, type Draft, type RunnableAction } from '@openhands/protocol'
import { messageOf } from '../lib/errors.ts'
import { type Confirmation, verdict } from './policy.ts'
import type { Assessment, SecurityAnalyzer, StepDraft } from './ports.ts'

/** Who judges, what is asked about, and when nobody waits for the answer any more. */
export interface JudgeOptions {
  readonly analyzer: SecurityAnalyzer | undefined
  readonly confirmation: Confirmation
  /** Told why an action could not be judged; must not throw. */
  readonly onUnjudged: (reason: string) => void
  readonly signal: AbortSignal
}

/**
 * Writes into what a step drafted how risky each action is and whether somebody has to be asked, before it is in the log:
 * what is shown for approval is exactly what will run. All are judged at once, each in the light of those before it.
 * Without an analyzer nothing is known to be safe, and nothing is known to be risky: only `always` asks.
 */
export async function judge(drafts: readonly StepDraft[], options: JudgeOptions): Promise<readonly StepDraft[]> {
  return await Promise.all(drafts.map((draft, index) => judgeOne(draft, drafts.slice(0, index), options)))
}

async function judgeOne(draft: StepDraft, before: readonly StepDraft[], options: JudgeOptions): Promise<StepDraft> {
  if (!isRunnable(draft)) return draft
  const { analyzer, confirmation } = options
  const assessment = analyzer ? await assess(analyzer, draft, before, options) : undefined
  const asks = verdict(assessment?.risk ?? 0, confirmation) === 'ask'
  const args = {
    ...draft.args,
    confirmation_state: asks ? 'awaiting_confirmation' : 'confirmed',
    ...(assessment ? { security_risk: assessment.risk, security_reason: assessment.reason } : {}),
  }
  return { ...draft, args } as StepDraft // the same action with its judgement filled in
}

async function assess(
  analyzer: SecurityAnalyzer,
  draft: Draft<RunnableAction>,
  before: readonly StepDraft[],
  { signal, onUnjudged }: JudgeOptions,
): Promise<Assessment> {
  try {
    return await analyzer.assess(draft, signal, before)
  } catch (error) {
    const reason = `The analyzer ${analyzer.name} could not judge this: ${messageOf(error)}`
    if (!signal.aborted) onUnjudged(reason)
    return { risk: -1, reason }
  }
}

function isRunnable(draft: StepDraft): draft is StepDraft & Draft<RunnableAction> {
  return 'action' in draft && actionEffects[draft.action] !== 'none'
}
