import { type JSX, type ReactNode, useEffect } from 'react'
import type { FileCalls } from '../../api/files.ts'
import { hrefOf } from '../../store/route.ts'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { text } from '../../text.ts'
import { Wait } from '../../ui/wait.tsx'
import { ApprovalDock } from './approval-dock.tsx'
import { Composer } from './composer.tsx'
import { LinkNotice } from './link-notice.tsx'
import { RetryNotice } from './retry-notice.tsx'
import { StateLine } from './state-line.tsx'
import { Timeline } from './timeline.tsx'

interface ChatProps {
  /** The event to show. */
  readonly event: number | undefined
  /** Goes up when it is to be shown once more. */
  readonly asked: number
  /** What stands above everything while somebody searches. */
  readonly search: ReactNode
  readonly files: FileCalls
}

/** The conversation: what was, what is asked, and where to say something. */
export function Chat({ event, asked, search, files }: ChatProps): JSX.Element {
  const store = useStore()
  const ready = useConversation(view => view.ready)
  const gone = useConversation(view => view.link.kind === 'gone')
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for once more, it may have to be loaded once more
  useEffect(() => {
    if (ready && event !== undefined) store.showEvent(event).catch(() => undefined) // the line says when it is down
  }, [store, ready, event, asked])
  if (gone) {
    return (
      <main className="flex flex-1 flex-col items-center justify-center gap-3 p-8 text-sm">
        <p>{text.link.gone}</p>
        <a href={hrefOf({ page: 'home' })} className="text-accent underline">
          {text.app.home}
        </a>
      </main>
    )
  }
  return (
    <main aria-label={text.conversation.log} className="flex min-w-0 flex-1 flex-col">
      {search}
      <LinkNotice />
      {ready ? <Timeline target={event} asked={asked} /> : <div className="flex-1">{<Wait />}</div>}
      {/* As the timeline, which leaves the map room at its right; where a window is low, it scrolls. */}
      <div className="min-h-0 overflow-y-auto px-3 pb-3 sm:px-5 md:pr-9">
        <div className="mx-auto flex max-w-3xl flex-col gap-2">
          <ApprovalDock />
          <RetryNotice />
          <StateLine />
          <Composer files={files} />
        </div>
      </div>
    </main>
  )
}
