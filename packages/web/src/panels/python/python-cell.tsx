import type { ActionOf, EventId } from '@openhands/protocol'
import { type JSX, memo } from 'react'
import type { Row } from '../../store/rows.ts'
import { useConversation } from '../../store/use-conversation.ts'
import { live } from '../../text.ts'
import { Badge } from '../../ui/badge.tsx'
import { cellParts } from '../../ui/cell-parts.ts'
import { ClippedText } from '../../ui/clipped-text.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Picture } from '../../ui/picture.tsx'
import { plainOutput } from '../../ui/plain-output.ts'

/** A row that is a cell. */
export type CellRow = Extract<Row, { kind: 'act' }>

interface PythonCellProps {
  readonly cell: CellRow
}

/** A cell: its code, and what it printed, drew or failed with. */
export const PythonCell = memo(function PythonCell({ cell }: PythonCellProps): JSX.Element | null {
  const { action, observation } = cell
  if (!isPython(action)) return null
  const name = live.python.cell(action.id)
  return (
    <li aria-label={name} className="overflow-hidden rounded-xl border border-line">
      <div className="flex items-start bg-sunken">
        <ClippedText text={action.args.code.trim()} lines={30} className="min-w-0 flex-1 px-3 py-2" />
        {observation?.observation === 'error' && <Mark tone="bad" words={live.python.failed} />}
        <CopyButton text={action.args.code} />
      </div>
      {observation ? (
        <CellOutput
          content={observation.content}
          cell={action.id}
          isError={observation.observation !== 'run_ipython'}
        />
      ) : (
        <Live action={action.id} />
      )}
    </li>
  )
})

function isPython(action: CellRow['action']): action is ActionOf<'run_ipython'> {
  return action.action === 'run_ipython'
}

function Mark({ tone, words }: { tone: 'bad' | 'accent' | 'plain'; words: string }): JSX.Element {
  return (
    <span className="shrink-0 px-1 py-1.5">
      <Badge tone={tone}>{words}</Badge>
    </span>
  )
}

function Live({ action }: { action: EventId }): JSX.Element {
  const output = useConversation(view => view.live.outputs.get(action))
  const runs = useConversation(view => {
    const [first] = view.state.open
    return first?.action.id === action && (first.approval === 'free' || first.approval === 'given')
  })
  return (
    <div className="border-t border-line px-3 py-2">
      <Badge tone={runs ? 'accent' : 'plain'}>{runs ? live.python.running : live.python.waits}</Badge>
      {output !== undefined && <ClippedText text={plainOutput(output).trimEnd()} fromEnd className="pt-2" />}
    </div>
  )
}

function CellOutput({ content, cell, isError }: { content: string; cell: EventId; isError: boolean }): JSX.Element {
  const parts = isError ? [{ kind: 'text', text: content } as const] : cellParts(content)
  return (
    <div className={`border-t border-line px-3 py-2 ${isError ? 'bg-bad-soft' : ''}`}>
      {parts.map((part, index) => {
        // biome-ignore-start lint/suspicious/noArrayIndexKey: parts of one output have no other name than their place
        if (part.kind === 'picture')
          return (
            <Picture
              key={index}
              url={part.url}
              alt={live.python.plot(cell)}
              className="my-1 max-w-full rounded-lg border border-line"
            />
          )
        return <Printed key={index} output={part.text} />
        // biome-ignore-end lint/suspicious/noArrayIndexKey: as above
      })}
    </div>
  )
}

function Printed({ output }: { output: string }): JSX.Element {
  const plain = plainOutput(output).trimEnd()
  if (plain === '') return <p className="text-xs text-muted">{live.python.noOutput}</p>
  return <ClippedText text={plain} lines={30} />
}
