import {
  type Conversation,
  type Draft,
  type EventId,
  exactlyOf,
  kindOf,
  type Remembered,
  type RunnableAction,
  type SecurityRisk,
} from '@openhands/protocol'
import type { Confirmation } from './policy.ts'
import type { StepDraft } from './ports.ts'

/** What decides whether a question has been answered already. */
export interface Known {
  readonly state: Conversation
  readonly confirmation: Confirmation
  /** Where a shell that never went anywhere stands. */
  readonly workspace: string
}

/**
 * What a step drafted, judged, without the questions that a remembered approval answers: each such action says which one.
 * Pure; only approvals of this log count, and only those that are not forgotten.
 */
export function withoutKnownQuestions(drafts: readonly StepDraft[], known: Known): readonly StepDraft[] {
  let isFolderKnown = !known.state.open.some(({ action }) => action.action === 'run')
  return drafts.map(draft => {
    const folder = isFolderKnown ? known.state.folder : ''
    if (isCommand(draft)) isFolderKnown = false // where the shell stands after it, only its end tells
    if (!isQuestion(draft)) return draft
    const remembered = answerTo(draft, folder, known)
    if (remembered === undefined) return draft
    const args = { ...draft.args, confirmation_state: 'confirmed', remembered }
    return { ...draft, args } as StepDraft // the same action, its question answered
  })
}

function answerTo(draft: Draft<RunnableAction>, folder: string | null, known: Known): EventId | undefined {
  return known.state.remembered.findLast(each => covers(each, draft, folder, known))?.id
}

/** Whether an approval reaches so far. Doubt is a reason to ask. */
function covers(one: Remembered, draft: Draft<RunnableAction>, folder: string | null, known: Known): boolean {
  if (kindOf(draft) !== one.kind) return false
  const risk = draft.args.security_risk ?? null
  if (one.scope === 'kind') return known.confirmation !== 'always' && isNoRiskier(risk, one.risk) && risk !== 2
  const isSameFolder = (folder ?? known.workspace) === (one.folder ?? known.workspace) && folder !== ''
  return (
    one.exactly === exactlyOf(draft) &&
    (risk === one.risk || isNoRiskier(risk, one.risk)) &&
    (one.kind !== 'command' || isSameFolder)
  )
}

/** What nobody could judge is never known to be milder than something else, nor the other way round. */
function isNoRiskier(risk: SecurityRisk | null, than: SecurityRisk | null): boolean {
  return risk !== null && than !== null && risk !== -1 && than !== -1 && risk <= than
}

function isQuestion(draft: StepDraft): draft is StepDraft & Draft<RunnableAction> {
  if (!('action' in draft) || !('confirmation_state' in draft.args)) return false
  return draft.args.confirmation_state === 'awaiting_confirmation'
}

function isCommand(draft: StepDraft): boolean {
  return 'action' in draft && draft.action === 'run'
}
