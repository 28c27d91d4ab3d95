import type { JSX } from 'react'
import type { Link } from '../../api/session-socket.ts'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { useNow } from '../../ui/use-now.ts'

/** Says when the page is not connected, and until when (P10). */
export function LinkNotice(): JSX.Element {
  const store = useStore()
  const link = useConversation(view => view.link)
  const ready = useConversation(view => view.ready)
  const now = useNow(1_000)
  const shown = link.kind !== 'open' && !(link.kind === 'connecting' && !ready)
  return (
    <div role="status" aria-live="polite">
      {shown && (
        <p className="flex items-center justify-center gap-3 bg-warn-soft px-4 py-1.5 text-sm text-warn">
          <Icon name="plug" />
          {sentence(link, now)}
          {link.kind === 'waiting' && (
            <Button small onClick={() => store.retry()}>
              {text.link.now}
            </Button>
          )}
        </p>
      )}
    </div>
  )
}

function sentence(link: Link, now: number): string {
  if (link.kind === 'connecting') return link.why === 'silent' ? text.link.silent(0) : text.link.again
  if (link.kind !== 'waiting') return text.link[link.kind]
  const seconds = Math.max(0, Math.ceil((link.until - now) / 1000))
  if (link.why === 'restarting') return text.link.restarting(seconds)
  return link.why === 'silent' ? text.link.silent(seconds) : text.link.waiting(seconds)
}
