import type { JSX, ReactNode } from 'react'
import type { Tone } from './badge.tsx'

const tones: Record<Tone, string> = {
  plain: 'bg-sunken border-line',
  good: 'bg-good-soft border-good/30',
  warn: 'bg-warn-soft border-warn/30',
  bad: 'bg-bad-soft border-bad/30',
  info: 'bg-info-soft border-info/30',
  accent: 'bg-accent-soft border-accent/30',
}

/** A box with something to know; `alert` is read aloud at once. */
export function Notice({
  tone = 'info',
  alert,
  children,
}: {
  tone?: Tone
  alert?: boolean
  children: ReactNode
}): JSX.Element {
  return (
    <div role={alert ? 'alert' : undefined} className={`rounded-lg border px-3 py-2 text-sm ${tones[tone]}`}>
      {children}
    </div>
  )
}
