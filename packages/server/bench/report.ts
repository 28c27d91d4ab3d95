/** What a number should be: at most or at least so much, or at most so many times the floor. */
export interface Aim {
  readonly most?: number
  readonly least?: number
  readonly timesFloor?: number
}

/** One line of the table: our samples and those of the floor, taken in turns in the same run. */
export interface Row {
  readonly name: string
  /** `ms`, `MB`, `/s` …; of `/s` more is better, of everything else less. */
  readonly unit: string
  readonly ours: readonly number[]
  readonly floor?: readonly number[]
  readonly aim?: Aim
  /** What went wrong in any of the samples: a number that was not earned meets no aim. */
  readonly failed?: readonly string[]
  /** Something that the reader has to know to read the numbers. */
  readonly note?: string
}

/** A row as it is told: `p95` is the value that nineteen of twenty samples are not worse than. */
export interface Result {
  readonly group: string
  readonly name: string
  readonly unit: string
  readonly median: number
  readonly p95: number
  readonly floor?: number
  readonly ratio?: number
  readonly aim?: string
  readonly verdict?: 'ok' | 'over' | 'FAILED'
  readonly note?: string
}

/** The value below which that share of the samples lies; NaN of none. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

/** The middle of the samples; NaN of none. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

/** Sums a row up. */
export function resultOf(group: string, row: Row): Result {
  const { name, unit, aim, note, failed = [] } = row
  const middle = median(row.ours)
  const worst = quantile(row.ours, unit === '/s' ? 0.05 : 0.95)
  const floor = row.floor && median(row.floor)
  const ratio = floor === undefined ? undefined : middle / floor
  return {
    ...{ group, name, unit, median: middle, p95: worst },
    ...(floor === undefined ? {} : { floor }),
    ...(ratio === undefined ? {} : { ratio }),
    ...(aim === undefined ? {} : { aim: wordsOf(aim, unit), verdict: meets(aim, middle, ratio) ? 'ok' : 'over' }),
    ...(note === undefined ? {} : { note }),
    ...(failed.length > 0 ? { verdict: 'FAILED', note: `${failed.length} failed: ${failed[0]?.slice(0, 500)}` } : {}),
  }
}

/** The first lines of the table. */
export function heading(): string {
  const line = lineOf(['', 'median', 'p95', 'floor', 'ratio', 'aim', ''])
  return `${line}\n${'-'.repeat(line.length)}`
}

/** One line of the table. */
export function lineFor({ name, unit, median: middle, p95, floor, ratio, aim, verdict, note }: Result): string {
  const value = (number: number | undefined): string => (number === undefined ? '' : figures(number))
  const times = ratio === undefined ? '' : `${ratio.toFixed(2)}×`
  const cells = [name, `${figures(middle)} ${unit}`, value(p95), value(floor), times, aim ?? '', verdict ?? '']
  return lineOf(cells) + (note === undefined ? '' : `\n    ${note}`)
}

const widths = [64, 14, 9, 9, 8, 13, 7]

function lineOf(cells: readonly string[]): string {
  return cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' ')
}

/** Three figures that count, and no more behind the point than that. */
function figures(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function wordsOf({ most, least, timesFloor }: Aim, unit: string): string {
  const words = [
    most === undefined ? [] : [`≤ ${most.toLocaleString('en')} ${unit}`],
    least === undefined ? [] : [`≥ ${least.toLocaleString('en')}${unit}`],
    timesFloor === undefined ? [] : [`≤ ${timesFloor.toFixed(1)}× floor`],
  ]
  return words.flat().join(', ')
}

function meets({ most, least, timesFloor }: Aim, value: number, ratio: number | undefined): boolean {
  if (most !== undefined && !(value <= most)) return false
  if (least !== undefined && !(value >= least)) return false
  return timesFloor === undefined || (ratio !== undefined && ratio <= timesFloor)
}
