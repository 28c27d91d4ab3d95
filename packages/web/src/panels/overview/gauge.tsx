import type { JSX } from 'react'
import type { Tone } from '../../ui/badge.tsx'

const fills: Record<Tone, string> = {
  plain: 'bg-strong-line',
  good: 'bg-good',
  warn: 'bg-warn',
  bad: 'bg-bad',
  info: 'bg-info',
  accent: 'bg-accent',
}

/** How full something is, drawn; the words beside it say the same. `share` is between 0 and 1. */
export function Gauge({ share, tone }: { share: number; tone: Tone }): JSX.Element {
  return (
    <div aria-hidden="true" className="h-2 overflow-hidden rounded-full border border-line bg-sunken">
      <div className={`h-full forced-color-adjust-none ${fills[tone]}`} style={{ width: `${share * 100}%` }} />
    </div>
  )
}
