import type { LogSearch } from '@openhands/protocol'
import { requestJson } from './request.ts'

/** Which part of a log is looked through, and how many hits are wanted. */
export interface FindPart {
  /** Only what is older than this event; the whole log without it. */
  readonly before: number | undefined
  readonly limit: number
}

/** Finds words in one stretch of a session's log, see `LogSearch`. */
export function findInLog(
  session: string,
  query: string,
  { before, limit }: FindPart,
  signal: AbortSignal,
): Promise<LogSearch> {
  const asked = new URLSearchParams({ query, limit: String(limit) })
  if (before !== undefined) asked.set('before', String(before))
  return requestJson(`api/conversations/${session}/log/search?${asked}`, { signal })
}
