import type { LogHit, LogSearch } from '@openhands/protocol'
import type { FindPart } from '../api/find.ts'

/** Hits that are fetched at a time. */
export const HITS = 50

/** Asks for the words in one stretch of the log. */
export type Ask = (part: FindPart, signal: AbortSignal) => Promise<LogSearch>

/** What is known so far of where words stand. */
export interface Found {
  /** The newest hits, newest first. */
  readonly hits: readonly LogHit[]
  /** All hits in what has been looked through. */
  readonly count: number
  /** True once all of the log has been looked through. */
  readonly whole: boolean
}

/** Nothing has been looked through yet. */
export const nothingFound: Found = { hits: [], count: 0, whole: false }

/** Looks through a whole log, stretch by stretch: the newest hits come, the others are counted. */
export async function* findAll(ask: Ask, signal: AbortSignal): AsyncGenerator<Found> {
  let found = nothingFound
  for (let before: number | undefined; !found.whole; ) {
    const { hits, count, from } = await ask({ before, limit: HITS - found.hits.length }, signal)
    found = { hits: [...found.hits, ...hits], count: found.count + count, whole: from === 0 }
    before = from
    yield found
  }
}

/** The next hits behind those that are there. */
export async function findMore(ask: Ask, { hits }: Found, signal: AbortSignal): Promise<readonly LogHit[]> {
  const more: LogHit[] = []
  for (let before = hits.at(-1)?.id; before !== 0 && more.length < HITS; ) {
    const part = await ask({ before, limit: HITS - more.length }, signal)
    more.push(...part.hits)
    before = part.from
  }
  return more
}
