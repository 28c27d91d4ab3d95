import type { JSX } from 'react'
import type { TerminalLink } from '../../api/terminal-line.ts'
import { live } from '../../text.ts'
import { Button } from '../../ui/button.tsx'

/** Why a terminal is not live, and what can be done about it. */
export function LinkBar({ link, onRetry }: { link: TerminalLink; onRetry: () => void }): JSX.Element {
  const words = wordsOf(link)
  const again = link.kind === 'waiting' ? live.terminal.now : live.terminal.again
  return (
    <div className="flex items-center gap-3 border-b border-line bg-warn-soft px-3 py-1.5 text-sm">
      <p role="status" className="min-w-0 flex-1">
        {words}
      </p>
      {(link.kind === 'waiting' || link.kind === 'ended' || link.kind === 'asleep') && (
        <Button small onClick={onRetry}>
          {again}
        </Button>
      )}
    </div>
  )
}

function wordsOf(link: TerminalLink): string {
  switch (link.kind) {
    case 'open':
      return ''
    case 'ended':
      return link.why || live.terminal.ended
    case 'asleep':
      return live.terminal.asleepNow
    default:
      return live.terminal[link.kind]
  }
}
