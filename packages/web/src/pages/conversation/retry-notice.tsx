import type { JSX } from 'react'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { isRetry } from './now.ts'

/** Why the model's provider is waited for, and the way to wait no longer (P12, P26). */
export function RetryNotice(): JSX.Element | null {
  const store = useStore()
  const status = useConversation(view => view.status)
  const working = useConversation(view => view.state.agentState === 'running')
  if (!status || !working || !isRetry(status)) return null
  return (
    <Notice tone="warn">
      <div className="flex items-start gap-3">
        <p className="min-w-0 flex-1 break-words">{status.message}</p>
        <Button small onClick={() => store.send({ action: 'retry_now', args: {} })}>
          {text.composer.retryNow}
        </Button>
      </div>
    </Notice>
  )
}
