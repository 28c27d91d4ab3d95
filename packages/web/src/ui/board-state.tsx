import type { BoardState } from '@openhands/protocol'
import type { JSX } from 'react'
import { text } from '../text.ts'
import { Dot, type Tone } from './badge.tsx'

const tones: Record<BoardState, Tone> = {
  new: 'plain',
  running: 'accent',
  waiting: 'warn',
  paused: 'info',
  stopped: 'plain',
  finished: 'good',
  error: 'bad',
}

/** How a session stands: a point, and its word beside it or for screen readers alone. */
export function StateMark({ state, bare }: { state: BoardState; bare?: boolean }): JSX.Element {
  return (
    <span className="inline-flex items-center gap-1.5 text-xs font-medium whitespace-nowrap">
      <Dot tone={tones[state]} alive={state === 'running'} />
      <span className={bare ? 'sr-only' : ''}>{text.states[state]}</span>
    </span>
  )
}
