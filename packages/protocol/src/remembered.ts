import type { RememberScope, RunnableName, SecurityRisk, SessionSettings } from './action.ts'
import type { Conversation } from './conversation.ts'
import type { Draft, EventId, RunnableAction } from './event.ts'

/** So many approvals a session remembers; of more, the oldest are forgotten. */
export const MOST_REMEMBERED = 32
/** Longer actions, in characters of `exactlyOf`, cannot be remembered to the letter. */
export const MOST_EXACTLY = 8_000
/** What stands where a secret was: whatever has it in its text is not known to the letter. */
export const REDACTED = '[secret]'
const MOST_TITLE = 200

/** The kinds of actions that people think in; `change` is every way to change a file. */
export type ActKind = 'command' | 'python' | 'page' | 'browser' | 'read' | 'change'

/** What an approval lets pass without another question. */
export interface Remembered {
  /** The approval, an event. */
  readonly id: EventId
  /** What was approved. */
  readonly action: EventId
  readonly scope: RememberScope
  readonly kind: ActKind
  /** As it was judged; null where nobody judged it. */
  readonly risk: SecurityRisk | null
  /** `exactlyOf` what was approved; empty where only the kind counts. */
  readonly exactly: string
  /** Where the shell stood, as `Conversation.folder`. */
  readonly folder: string | null
  /** The first line of what was approved, for lists. */
  readonly title: string
}

const kinds: Readonly<Record<RunnableName, ActKind | undefined>> = {
  run: 'command',
  run_ipython: 'python',
  browse: 'page',
  browse_interactive: 'browser',
  read: 'read',
  write: 'change',
  edit: 'change',
  delegate: undefined,
}

/** The kind of an action; undefined for one that only means something where it stands, as keys for a running program do. */
export function kindOf(draft: Draft<RunnableAction>): ActKind | undefined {
  return draft.action === 'run' && draft.args.is_input ? undefined : kinds[draft.action]
}

const beside = new Set(['thought', 'confirmation_state', 'security_risk', 'security_reason', 'remembered'])

/**
 * All that an action does, as one text: two actions have the same if and only if they differ in nothing but their
 * thoughts and how they were judged.
 */
export function exactlyOf({ action, args, timeout }: Draft<RunnableAction>): string {
  const said = Object.entries(args).filter(([name, value]) => value !== undefined && !beside.has(name))
  return JSON.stringify([action, said.sort(([a], [b]) => (a < b ? -1 : 1)), timeout ?? null])
}

/**
 * How far an approval of this action may reach, beyond the action itself. Not to the letter: what means another thing on
 * another page, after another edit or in an unknown folder, what is too long, and what hides a secret. Not by its kind:
 * high risk, and what was not judged. Whoever wants to be asked about everything is not spared questions by a judgement.
 */
export function scopesOf(
  draft: Draft<RunnableAction>,
  { folder }: Pick<Conversation, 'folder'>,
  confirmation: SessionSettings['confirmation'],
): readonly RememberScope[] {
  const kind = kindOf(draft)
  if (kind === undefined) return []
  const risk = draft.args.security_risk
  const byKind = (risk === 0 || risk === 1) && confirmation !== 'always'
  return [...(isClear(draft, kind, folder) ? (['exactly'] as const) : []), ...(byKind ? (['kind'] as const) : [])]
}

function isClear(draft: Draft<RunnableAction>, kind: ActKind, folder: string | null): boolean {
  if (kind === 'browser' || (kind === 'command' && folder === '')) return false
  if (draft.action === 'edit' && draft.args.command === 'undo_edit') return false
  const exactly = exactlyOf(draft)
  return exactly.length <= MOST_EXACTLY && !exactly.includes(REDACTED)
}

/** What is remembered once an approval has said so; what cannot be is not. */
export function withRemembered(
  state: Conversation,
  approval: EventId,
  asked: RunnableAction,
  scope: RememberScope,
): readonly Remembered[] {
  const kind = kindOf(asked)
  // How the session asks is not the log's to know; whoever takes approvals has looked at it.
  if (kind === undefined || !scopesOf(asked, state, undefined).includes(scope)) return state.remembered
  const one: Remembered = {
    id: approval,
    action: asked.id,
    scope,
    kind,
    risk: asked.args.security_risk ?? null,
    exactly: scope === 'exactly' ? exactlyOf(asked) : '',
    folder: state.folder,
    title: titleOf(asked),
  }
  return [...state.remembered.slice(1 - MOST_REMEMBERED), one]
}

function titleOf(action: RunnableAction): string {
  const text = subjectOf(action).trim()
  const line = text.split('\n', 1)[0] ?? ''
  const isWhole = line.length === text.length && line.length <= MOST_TITLE
  return isWhole ? line : `${line.slice(0, MOST_TITLE).toWellFormed()} …`
}

function subjectOf(action: RunnableAction): string {
  switch (action.action) {
    case 'run':
      return action.args.command
    case 'run_ipython':
      return action.args.code
    case 'browse':
      return action.args.url
    case 'browse_interactive':
      return action.args.browser_actions
    case 'delegate':
      return action.args.agent
    default:
      return action.args.path
  }
}
