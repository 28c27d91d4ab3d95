import type { TerminalInfo } from '@openhands/protocol'
import { type JSX, useEffect } from 'react'
import type { TerminalCalls } from '../../api/terminals.ts'
import { live } from '../../text.ts'
import { SideScroll } from '../../ui/side-scroll.tsx'
import { AgentBar } from './agent-bar.tsx'
import { KeyRow } from './key-row.tsx'
import { LinkBar } from './link-bar.tsx'
import { useTerminal } from './use-terminal.ts'

interface TerminalViewProps {
  readonly calls: TerminalCalls
  readonly info: TerminalInfo
  readonly shown: boolean
  /** Somebody wants out of it by the keyboard. */
  readonly onLeave: () => void
}

/** One terminal: whose it is, what it shows, and keys for those who have no keyboard. It stays attached while it is not shown. */
export function TerminalView({ calls, info, shown, onLeave }: TerminalViewProps): JSX.Element {
  const { place, attached, link, holder, problem } = useTerminal(calls, info, onLeave)
  const isOwn = info.of === 'person'
  const mayType = link.kind === 'open' && (isOwn || holder === 'you')
  useEffect(() => {
    if (shown && isOwn) attached.current?.screen.focus()
  }, [shown, isOwn, attached])
  return (
    <div className={`${shown ? 'flex' : 'hidden'} min-h-0 flex-1 flex-col`}>
      {link.kind !== 'open' && <LinkBar link={link} onRetry={() => attached.current?.retry()} />}
      {!isOwn && link.kind === 'open' && (
        <AgentBar
          holder={holder}
          problem={problem}
          onTake={() => attached.current?.takeOver()}
          onGive={() => attached.current?.giveBack()}
        />
      )}
      <SideScroll around="flex-1 bg-sunken" ground="sunken" className="py-1 pl-2 font-mono">
        <div ref={place} className="min-h-full w-max" />
      </SideScroll>
      {mayType && (
        <footer className="flex items-center gap-3 border-t border-line px-2 py-1">
          <KeyRow onKey={key => attached.current?.type(key)} />
          <p className="ml-auto text-xs text-muted max-sm:hidden">{live.terminal.leaveHint}</p>
        </footer>
      )}
    </div>
  )
}
