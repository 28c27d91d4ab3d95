import type { JSX } from 'react'
import { text } from '../text.ts'
import { Button } from './button.tsx'
import { Notice } from './notice.tsx'

/** Why something did not work, and another try where that may help. */
export function Failure({ problem, onRetry }: { problem: string; onRetry?: () => void }): JSX.Element {
  return (
    <Notice tone="bad" alert>
      <p className="break-words">{problem}</p>
      {onRetry && (
        <Button small className="mt-2" onClick={onRetry}>
          {text.common.retry}
        </Button>
      )}
    </Notice>
  )
}
