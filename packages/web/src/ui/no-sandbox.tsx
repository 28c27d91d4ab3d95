import type { JSX } from 'react'
import { live } from '../text.ts'
import { Asleep } from './asleep.tsx'
import { Notice } from './notice.tsx'
import { Wait } from './wait.tsx'

interface NoSandboxProps {
  /** What there would be to see. */
  readonly lead: string
  readonly sandbox: {
    /** Undefined while it is not known. */
    readonly running: boolean | undefined
    readonly starting: boolean
    /** Why it could not be looked at, or not be started. */
    readonly problem: string | undefined
    readonly start: () => void
  }
}

/** Stands where a sandbox would show something: it is not known yet whether one runs, cannot be known, or none does. */
export function NoSandbox({ lead, sandbox: { running, starting, problem, start } }: NoSandboxProps): JSX.Element {
  if (running !== undefined) return <Asleep lead={lead} starting={starting} problem={problem} onStart={start} />
  if (problem === undefined) return <Wait />
  return (
    <div className="p-3">
      <Notice tone="bad" alert>
        {`${live.asleep.unreadable} ${problem}`}
      </Notice>
    </div>
  )
}
