import type { JSX } from 'react'
import { live } from '../../text.ts'
import { Dot, type Tone } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import type { TerminalState } from './attached-terminal.ts'

interface AgentBarProps extends Pick<TerminalState, 'holder' | 'problem'> {
  readonly onTake: () => void
  readonly onGive: () => void
}

const tones: Record<TerminalState['holder'], Tone> = { agent: 'accent', you: 'good', somebody: 'warn' }

/** Who has the agent's terminal, and the way to take it over and give it back (F20). */
export function AgentBar({ holder, problem, onTake, onGive }: AgentBarProps): JSX.Element {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1.5 text-sm">
      <p role="status" className="flex min-w-0 flex-1 basis-48 items-center gap-2">
        <Dot tone={tones[holder]} />
        <span title={holder === 'you' ? live.terminal.youHint : undefined}>{live.terminal.holder[holder]}</span>
      </p>
      {holder === 'agent' && (
        <Button small icon="keyboard" onClick={onTake}>
          {live.terminal.takeOver}
        </Button>
      )}
      {holder === 'you' && (
        <Button small kind="main" icon="back" onClick={onGive}>
          {live.terminal.giveBack}
        </Button>
      )}
      {problem !== undefined && (
        <p role="alert" className="basis-full text-xs text-bad">
          {problem}
        </p>
      )}
    </div>
  )
}
