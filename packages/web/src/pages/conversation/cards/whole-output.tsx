import type { ObservationOf } from '@openhands/protocol'
import { type JSX, useState } from 'react'
import { saveWholeOutput } from '../../../api/outputs.ts'
import { RequestError } from '../../../api/request.ts'
import { useStore } from '../../../store/use-conversation.ts'
import { text } from '../../../text.ts'
import { Button } from '../../../ui/button.tsx'
import { bytes } from '../../../ui/format-bytes.ts'

/** Where some of an output was left out: the way to all of it. */
export function WholeOutput({ observation }: { observation: ObservationOf<'run'> }): JSX.Element | null {
  const { session } = useStore()
  const [failure, setFailure] = useState('')
  if (observation.extras.whole_output === undefined) return null
  const save = (): void => {
    setFailure('')
    saveWholeOutput(session, observation.id).catch((error: unknown) =>
      setFailure(error instanceof RequestError ? error.message : text.common.failed),
    )
  }
  return (
    <div className="flex items-center gap-2 px-3 pb-2">
      <Button small icon="download" onClick={save}>
        {text.act.whole} ({bytes(observation.extras.whole_output.bytes)})
      </Button>
      <span role="status" className="text-xs text-bad">
        {failure}
      </span>
    </div>
  )
}
