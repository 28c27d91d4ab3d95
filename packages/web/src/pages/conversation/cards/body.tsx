import type { EventId, Observation, ObservationOf, RunnableAction } from '@openhands/protocol'
import type { JSX, ReactNode } from 'react'
import { useConversation } from '../../../store/use-conversation.ts'
import { text } from '../../../text.ts'
import { cellParts } from '../../../ui/cell-parts.ts'
import { ClippedText } from '../../../ui/clipped-text.tsx'
import { DiffLines } from '../../../ui/diff-lines.tsx'
import { lineDiff } from '../../../ui/line-diff.ts'
import { Picture } from '../../../ui/picture.tsx'
import { plainOutput } from '../../../ui/plain-output.ts'
import { DelegateBody } from './delegate-body.tsx'
import { diffOf } from './edit-diff.ts'
import { WholeOutput } from './whole-output.tsx'

/** What stands below the headline of a card: what was done and what came of it; nothing where the headline says it all. */
export function bodyOf(action: RunnableAction, observation: Observation | undefined, isWorking: boolean): ReactNode {
  if (observation?.observation === 'error') {
    return (
      <>
        {asked(action)}
        <ClippedText text={plainOutput(observation.content)} className="bg-bad-soft/50 px-3 py-2" />
      </>
    )
  }
  if (observation?.observation === 'user_rejected') return asked(action)
  switch (action.action) {
    case 'run':
    case 'run_ipython':
      return (
        <>
          {asked(action)}
          {observation &&
            (observation.observation === 'run_ipython' ? (
              <CellOutput content={observation.content} />
            ) : (
              <Output text={observation.content} />
            ))}
          {observation?.observation === 'run' && <WholeOutput observation={observation} />}
          {!observation && isWorking && <LiveOutput action={action.id} />}
        </>
      )
    case 'edit':
      return <EditBody action={action} observation={observation?.observation === 'edit' ? observation : undefined} />
    case 'write':
      return <DiffLines lines={lineDiff('', action.args.content)} most={16} />
    case 'read':
      return observation && <Output text={observation.content} lines={6} />
    case 'browse':
    case 'browse_interactive':
      return (
        <>
          {action.action === 'browse_interactive' && asked(action)}
          {observation?.observation === 'browse' && <PageBody observation={observation} />}
        </>
      )
    case 'delegate':
      return (
        <DelegateBody action={action} observation={observation?.observation === 'delegate' ? observation : undefined} />
      )
  }
}

/** What was asked for, where the headline shows only its first line. */
function asked(action: RunnableAction): ReactNode {
  const code = codeOf(action)
  if (code === undefined || !code.trim().includes('\n')) return null
  return <ClippedText exact text={code} lines={10} className="border-b border-line bg-sunken/60 px-3 py-2" />
}

function codeOf(action: RunnableAction): string | undefined {
  if (action.action === 'run') return action.args.command
  if (action.action === 'run_ipython') return action.args.code
  return action.action === 'browse_interactive' ? action.args.browser_actions : undefined
}

function Output({ text: output, lines = 12 }: { text: string; lines?: number }): JSX.Element {
  const plain = plainOutput(output).trimEnd()
  if (plain === '') return <p className="px-3 py-2 text-xs text-muted">{text.act.noOutput}</p>
  return <ClippedText text={plain} lines={lines} className="px-3 py-2" />
}

function LiveOutput({ action }: { action: EventId }): JSX.Element | null {
  const output = useConversation(view => view.live.outputs.get(action))
  return output === undefined ? null : (
    <ClippedText text={plainOutput(output).trimEnd()} lines={12} fromEnd className="px-3 py-2" />
  )
}

function CellOutput({ content }: { content: string }): JSX.Element {
  return (
    <>
      {cellParts(content).map(part =>
        part.kind === 'picture' ? (
          <Picture
            key={part.url}
            url={part.url}
            alt={text.act.run_ipython}
            className="m-3 max-h-96 max-w-full rounded bg-card"
          />
        ) : (
          <Output key={part.text} text={part.text} />
        ),
      )}
    </>
  )
}

function EditBody({
  action,
  observation,
}: {
  action: Extract<RunnableAction, { action: 'edit' }>
  observation: ObservationOf<'edit'> | undefined
}): JSX.Element {
  return <DiffLines lines={diffOf(action, observation)} most={24} />
}

function PageBody({ observation }: { observation: ObservationOf<'browse'> }): JSX.Element {
  const { url, screenshot, screenshot_url, last_browser_action_error } = observation.extras
  const picture = screenshot || screenshot_url
  return (
    <div className="flex flex-col gap-2 p-3">
      <p className="truncate font-mono text-xs text-muted">{url}</p>
      {last_browser_action_error !== '' && <p className="text-sm text-bad">{last_browser_action_error}</p>}
      {picture && (
        <Picture
          url={picture}
          alt={text.act.screenshot(url)}
          className="max-h-80 w-fit max-w-full rounded-lg border border-line"
        />
      )}
      <ClippedText text={plainOutput(observation.content)} lines={4} className="text-muted" />
    </div>
  )
}
