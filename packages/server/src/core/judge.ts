import { actionEffects, type Draft, type RunnableAction } from '@openhands/protocol'
import { messageOf } from '../lib/errors.ts'
import { type Confirmation, verdict } from './policy.ts'
import type { Assessment, SecurityAnalyzer, StepDraft } from './ports.ts'

/** Who judges, what is asked about, and when nobody waits for the answer any more. */
export interface JudgeOptions {
  readonly analyzer: SecurityAnalyzer | undefined
  readonly confirmation: Confirmation
  readonly signal: AbortSignal
}

/**
 * Writes into a draft how risky it is and whether somebody has to be asked, before it is in the log: what is shown for
 * approval is exactly what will run. Without an analyzer nothing is known to be safe, and nothing is known to be risky:
 * only `always` asks.
 */
export async function judge(draft: StepDraft, options: JudgeOptions): Promise<StepDraft> {
  if (!isRunnable(draft)) return draft
  const { analyzer, confirmation, signal } = options
  const assessment = analyzer ? await assess(analyzer, draft, signal) : undefined
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
  signal: AbortSignal,
): Promise<Assessment> {
  try {
    return await analyzer.assess(draft, signal)
  } catch (error) {
    return { risk: -1, reason: `The analyzer ${analyzer.name} could not judge this: ${messageOf(error)}` }
  }
}

function isRunnable(draft: StepDraft): draft is StepDraft & Draft<RunnableAction> {
  return 'action' in draft && actionEffects[draft.action] !== 'none'
}
