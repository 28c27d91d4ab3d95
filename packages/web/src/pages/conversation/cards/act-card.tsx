import type { Observation, RunnableAction } from '@openhands/protocol'
import { type JSX, type ReactNode, useState } from 'react'
import { hrefOf } from '../../../store/route.ts'
import type { Row } from '../../../store/rows.ts'
import { useConversation, useStore } from '../../../store/use-conversation.ts'
import { approvalText, text } from '../../../text.ts'
import { Badge } from '../../../ui/badge.tsx'
import { ExactText } from '../../../ui/exact-text.tsx'
import { duration } from '../../../ui/format.ts'
import { Icon } from '../../../ui/icon.tsx'
import { countChanges, type DiffLine } from '../../../ui/line-diff.ts'
import { Markdown } from '../../../ui/markdown.tsx'
import { WithTools } from '../with-tools.tsx'
import { bodyOf } from './body.tsx'
import { diffOf } from './edit-diff.ts'
import { faceOf } from './face.ts'

type ActRow = Extract<Row, { kind: 'act' }>

/** How far an action has come. */
type Stage = 'asked' | 'queued' | 'working' | 'withdrawn' | 'refused' | 'done' | 'failed'

/** One action with what came of it. */
export function ActCard({ row }: { row: ActRow }): JSX.Element {
  const { action, observation } = row
  const stage = useStage(row)
  const face = faceOf(action)
  const [folded, setFolded] = useState(false)
  const thought = 'thought' in action.args ? action.args.thought : ''
  return (
    <WithTools row={row} text={face.whole}>
      {thought !== '' && (
        <div className="prose mb-2">
          <Markdown text={thought} />
        </div>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: it is no part of a form */}
      <div
        role="group"
        aria-label={`${face.name} ${face.title}`}
        className={`overflow-hidden rounded-xl border bg-card ${borderOf(stage)}`}
      >
        <header className="flex min-h-10 flex-wrap items-center gap-x-2 gap-y-1 px-3 py-1.5">
          {/* What is done comes before what is said about it: badges that do not fit beside it go below. */}
          <button
            type="button"
            aria-expanded={!folded}
            className={`flex min-w-0 flex-1 basis-64 gap-2 text-left ${stage === 'asked' ? 'items-start leading-6' : 'items-center'}`}
            onClick={() => setFolded(!folded)}
          >
            <Icon name={face.icon} className={`size-4 text-muted ${stage === 'asked' ? 'mt-1' : ''}`} />
            <span className={`text-sm font-medium whitespace-nowrap ${stage === 'asked' ? 'leading-6' : ''}`}>
              {face.name}
            </span>
            <span className={`min-w-0 flex-1 text-muted ${stage === 'asked' ? 'line-clamp-4' : ''}`}>
              <ExactText text={face.title} line={stage !== 'asked'} />
            </span>
          </button>
          <Marks row={row} stage={stage} />
        </header>
        <Passed action={action} />
        {!folded && <Body action={action} observation={observation} stage={stage} />}
      </div>
    </WithTools>
  )
}

function Body({
  action,
  observation,
  stage,
}: {
  action: RunnableAction
  observation: Observation | undefined
  stage: Stage
}): ReactNode {
  const body = bodyOf(action, observation, stage === 'working')
  return body && <div className="border-t border-line">{body}</div>
}

/** Which approval let an action pass that would have been asked about. */
function Passed({ action }: { action: RunnableAction }): ReactNode {
  const { session } = useStore()
  const { remembered } = action.args
  // The card of what was approved says most; once that is forgotten, the approval stands near it.
  const approved = useConversation(view => view.state.remembered.find(({ id }) => id === remembered)?.action)
  if (remembered === undefined) return null
  return (
    <p className="flex items-center gap-1.5 border-t border-line px-3 py-1 text-xs text-muted">
      <Icon name="shield" className="size-3.5" />
      <span>
        {approvalText.passed}{' '}
        <a
          href={hrefOf({ page: 'conversation', id: session, event: approved ?? remembered })}
          className="inline-block py-1 text-accent underline"
        >
          #{remembered}
        </a>
      </span>
    </p>
  )
}

function Marks({ row, stage }: { row: ActRow; stage: Stage }): JSX.Element {
  const { action, observation, decision } = row
  const risk = action.args.security_risk
  const took = observation ? Date.parse(observation.timestamp) - Date.parse(decision?.at ?? action.timestamp) : 0
  return (
    <span className="flex max-w-full flex-wrap items-center gap-1.5 empty:hidden">
      {risk !== undefined && risk > 0 && (
        <span className="inline-flex" title={action.args.security_reason}>
          <Badge tone={risk === 2 ? 'bad' : 'warn'}>
            <Icon name="shield" className="size-3" />
            {text.risk[risk]}
          </Badge>
        </span>
      )}
      {decision && (
        <Badge tone={decision.given ? 'info' : 'bad'}>
          {decision.given
            ? decision.by === 'user'
              ? text.approval.byUser
              : text.approval.byOther
            : text.approval.refusedByUser}
          {decision.remember && `, ${approvalText.given[decision.remember]}`}
        </Badge>
      )}
      {stage === 'asked' && <Badge tone="warn">{text.now.confirm}</Badge>}
      {stage === 'queued' && <Badge>{text.act.waits}</Badge>}
      {stage === 'withdrawn' && <Badge>{text.act.withdrawn}</Badge>}
      {stage === 'working' && (
        <Badge tone="accent">
          <span className="breathing">{text.act.working}</span>
        </Badge>
      )}
      {action.action === 'edit' && observation?.observation === 'edit' && (
        <LineMark lines={diffOf(action, observation)} />
      )}
      {stage === 'failed' && observation?.observation !== 'run' && <Badge tone="bad">{text.act.failed}</Badge>}
      {observation?.observation === 'run' && <ExitMark code={observation.extras.exit_code} />}
      {took > 1_000 && <span className="text-xs text-muted tabular-nums max-sm:hidden">{duration(took)}</span>}
    </span>
  )
}

function LineMark({ lines }: { lines: readonly DiffLine[] }): JSX.Element {
  const { added, removed } = countChanges(lines)
  return <span className="text-xs whitespace-nowrap text-muted tabular-nums">{text.act.lines(added, removed)}</span>
}

function ExitMark({ code }: { code: number }): JSX.Element {
  return <Badge tone={code === 0 ? 'good' : 'bad'}>{text.act.exit(code)}</Badge>
}

/** Where an action stands, by its answer or else by the fold. */
function useStage({ action, observation, decision }: ActRow): Stage {
  const open = useConversation(view => view.state.open.find(each => each.action.id === action.id)?.approval)
  const first = useConversation(view => view.state.open[0]?.action.id === action.id)
  const running = useConversation(
    view => view.state.agentState === 'running' || view.state.agentState === 'user_confirmed',
  )
  if (observation) {
    if (observation.observation === 'user_rejected') return decision ? 'refused' : 'withdrawn'
    const failed = observation.observation === 'error' || observation.success === false || exitCodeOf(observation) > 0
    return failed ? 'failed' : 'done'
  }
  if (open === undefined || open === 'withdrawn') return 'withdrawn'
  if (open === 'refused') return 'refused'
  if (open === 'awaited') return first ? 'asked' : 'queued'
  return first && (running || action.source === 'user') ? 'working' : 'queued'
}

function exitCodeOf(observation: Observation): number {
  return observation.observation === 'run' ? observation.extras.exit_code : 0
}

function borderOf(stage: Stage): string {
  if (stage === 'asked') return 'border-warn/60'
  if (stage === 'failed' || stage === 'refused') return 'border-bad/35'
  return stage === 'working' ? 'border-accent/60' : 'border-line'
}
