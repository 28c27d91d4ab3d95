import type { ActionOf, ObservationOf } from '@openhands/protocol'
import type { JSX } from 'react'
import { planText } from '../../../text.ts'
import { ClippedText } from '../../../ui/clipped-text.tsx'
import { plainOutput } from '../../../ui/plain-output.ts'

const words = planText.delegate

/** Another agent's part, as a card within the card: what it was given, and what it gave back. */
export function DelegateBody({
  action,
  observation,
}: {
  action: ActionOf<'delegate'>
  observation: ObservationOf<'delegate'> | undefined
}): JSX.Element {
  const { task, ...others } = action.args.inputs
  const outputs = Object.entries(observation?.extras.outputs ?? {})
  const said = plainOutput(observation?.content ?? '').trim()
  return (
    <div className="m-3 overflow-hidden rounded-lg border border-line bg-paper text-sm">
      {task !== undefined && <Part name={words.task} value={task} />}
      {Object.keys(others).length > 0 && <Part name={words.inputs} value={others} />}
      {outputs.map(([name, value]) => (
        <Part key={name} name={`${words.outputs}: ${name}`} value={value} />
      ))}
      {said !== '' && <Part name={words.outputs} value={said} />}
      {observation && outputs.length === 0 && said === '' && <p className="px-3 py-2 text-muted">{words.none}</p>}
    </div>
  )
}

function Part({ name, value }: { name: string; value: unknown }): JSX.Element {
  const shown = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '')
  return (
    <div className="border-t border-line px-3 py-2 first:border-t-0">
      <p className="mb-0.5 text-xs font-medium text-muted">
        <bdi>{name}</bdi>
      </p>
      <ClippedText text={shown} lines={8} />
    </div>
  )
}
