import type { JSX } from 'react'
import { RequestError } from '../../api/request.ts'
import { text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'

/** What went wrong, what to do about it and, where that may help, a way to try again. */
export function FailureNotice({ error, retry }: { error: Error; retry?: () => void }): JSX.Element {
  return (
    <Notice tone="bad" alert>
      <p>
        {error.message} {error instanceof RequestError ? error.remedy : undefined}
      </p>
      {retry && (
        <Button small className="mt-2" onClick={retry}>
          {text.common.retry}
        </Button>
      )}
    </Notice>
  )
}
