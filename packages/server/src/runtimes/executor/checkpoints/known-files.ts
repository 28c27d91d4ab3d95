import type { Stats } from 'node:fs'
import type { BytePath } from './byte-path.ts'

/** How git calls a file, a program and a link. */
export type Mode = '100644' | '100755' | '120000'

/** What tells whether a file has changed since it was read. */
export interface Stamp {
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly ino: number
}

/** A file as the last checkpoint has it. */
export interface KnownFile extends Stamp {
  readonly mode: Mode
  readonly hash: string
}

/** A file whose last change is no older than this, in milliseconds, may change again unnoticed: clocks of files are coarse. */
const coarseness = 100
const never: Stamp = { size: -1, mtimeMs: -1, ctimeMs: -1, ino: -1 }

/** The files of the last checkpoint by path. */
export type KnownFiles = Map<BytePath, KnownFile>

/** The stamp of a file that was looked at before it was read at `readAt`; one that will never fit when that was too soon. */
export function stampOf({ size, mtimeMs, ctimeMs, ino }: Stats, readAt: number): Stamp {
  return ctimeMs < readAt - coarseness && mtimeMs < readAt - coarseness ? { size, mtimeMs, ctimeMs, ino } : never
}

/** A file of which only the content is known. */
export function unread(mode: Mode, hash: string): KnownFile {
  return { ...never, mode, hash }
}

/** Whether a file is as it was when it was read. */
export function isUnchanged(known: KnownFile, stats: Stats): boolean {
  return (
    known.ctimeMs === stats.ctimeMs &&
    known.mtimeMs === stats.mtimeMs &&
    known.size === stats.size &&
    known.ino === stats.ino &&
    known.mode === modeOf(stats)
  )
}

export function modeOf(stats: Stats): Mode {
  if (stats.isSymbolicLink()) return '120000'
  return (stats.mode & 0o100) === 0 ? '100644' : '100755'
}

/** The files as text, with the state that they belong to; what `parseKnown` reads. */
export function formatKnown(state: string, files: KnownFiles): string {
  const rows = [...files].map(([path, { size, mtimeMs, ctimeMs, ino, mode, hash }]) => {
    return [path, size, mtimeMs, ctimeMs, ino, mode, hash]
  })
  return JSON.stringify([state, ...rows])
}

/** Undefined when the text is damaged or belongs to another state. */
export function parseKnown(text: string, state: string): KnownFiles | undefined {
  let rows: unknown
  try {
    rows = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(rows) || rows[0] !== state) return undefined
  const files: KnownFiles = new Map()
  for (const row of rows.slice(1)) {
    const entry = readRow(row)
    if (entry === undefined) return undefined
    files.set(...entry)
  }
  return files
}

function readRow(row: unknown): [BytePath, KnownFile] | undefined {
  if (!Array.isArray(row)) return undefined
  const [path, size, mtimeMs, ctimeMs, ino, mode, hash]: unknown[] = row
  const isMode = mode === '100644' || mode === '100755' || mode === '120000'
  if (typeof path !== 'string' || typeof hash !== 'string' || !isMode) return undefined
  if (typeof size !== 'number' || typeof mtimeMs !== 'number') return undefined
  if (typeof ctimeMs !== 'number' || typeof ino !== 'number') return undefined
  return [path, { size, mtimeMs, ctimeMs, ino, mode, hash }]
}
