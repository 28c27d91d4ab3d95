const money = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
})
const fine = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 4,
  maximumFractionDigits: 4,
})

/** US dollars; small sums to the hundredth of a cent. */
export function dollars(amount: number): string {
  return amount > 0 && amount < 0.1 ? fine.format(amount) : money.format(amount)
}

/** A number in a few signs: `940`, `12.4k`, `3.1M`. */
export function short(count: number): string {
  if (count < 1_000) return String(Math.round(count))
  if (count < 1_000_000) return `${trimmed(count / 1_000)}k`
  return `${trimmed(count / 1_000_000)}M`
}

function trimmed(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1).replace(/\.0$/, '')
}

const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })

/** How long ago a moment was, as `5 min. ago`; empty for no moment. */
export function age(at: string, now: number): string {
  const seconds = (now - Date.parse(at)) / 1000
  if (Number.isNaN(seconds)) return ''
  for (const [unit, size] of units) if (seconds >= size) return relative.format(-Math.floor(seconds / size), unit)
  return seconds < 10 ? 'now' : `${Math.floor(seconds)} sec. ago`
}

/** How long something took: `38 ms`, `0.4 s`, `12 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 0 || Number.isNaN(ms)) return ''
  if (ms > 0 && ms < 100) return `${Math.max(1, Math.round(ms))} ms`
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

// Made once: a row is drawn in less time than it takes to make one.
const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' })

/** The time of day of a moment, as the reader's clock shows it. */
export function clockTime(at: string): string {
  const ms = Date.parse(at)
  return Number.isNaN(ms) ? '' : clock.format(ms)
}
