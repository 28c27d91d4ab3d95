import type { JSX, ReactNode } from 'react'

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'info' | 'accent'

const tones: Record<Tone, string> = {
  plain: 'bg-sunken text-muted',
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  info: 'bg-info-soft text-info',
  accent: 'bg-accent-soft text-accent',
}

/** A word about something, in a colour that says the same. */
export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }): JSX.Element {
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-md px-1.5 py-px text-xs font-medium whitespace-nowrap ${tones[tone]}`}
    >
      {children}
    </span>
  )
}

const dots: Record<Tone, string> = {
  plain: 'bg-strong-line',
  good: 'bg-good',
  warn: 'bg-warn',
  bad: 'bg-bad',
  info: 'bg-info',
  accent: 'bg-accent',
}

/** A point whose colour stands beside a word that says the same. */
export function Dot({ tone, alive }: { tone: Tone; alive?: boolean }): JSX.Element {
  return (
    <span
      aria-hidden="true"
      className={`inline-block size-2 shrink-0 rounded-full forced-color-adjust-none ${dots[tone]} ${alive ? 'breathing' : ''}`}
    />
  )
}
