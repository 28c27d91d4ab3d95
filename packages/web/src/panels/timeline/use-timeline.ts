import { useEffect, useRef, useState } from 'react'
import type { SessionCalls } from '../../api/session-calls.ts'
import { useConversation } from '../../store/use-conversation.ts'
import { type Timeline, timelineFrom, withEvents } from './steps.ts'

/** Events that are read without being asked for; a longer log is read from so far before its end. */
const MOST_READ = 20_000
const PAGE = 500
/** What comes live is read together, once in so many milliseconds. */
const GATHER_MS = 400

/** The timeline of the session, as far as it has been read. */
export interface Reading {
  readonly timeline: Timeline
  /** The event that reading began with. */
  readonly from: number
  /** Whether there is more to read than a page. */
  readonly behind: boolean
  /** Events of the whole log. */
  readonly next: number
  readonly failure: Error | undefined
  readonly retry: () => void
  /** Reads the log from its beginning. */
  readonly readAll: () => void
}

/** Reads the log of the session into a timeline, page by page, and goes on as it grows. */
export function useTimeline(calls: SessionCalls): Reading {
  const next = useConversation(view => view.state.next)
  const [from, setFrom] = useState(() => Math.max(0, next - MOST_READ))
  const [timeline, setTimeline] = useState(() => timelineFrom(from))
  const [failure, setFailure] = useState<Error>()
  const newest = useRef(next)
  newest.current = next
  const isBehind = timeline.state.next < next
  useEffect(() => {
    if (!isBehind || failure) return
    const ending = new AbortController()
    const at = timeline.state.next
    const live = timeline.steps.length > 0 && newest.current - at < PAGE
    const read = (): void => {
      calls.log(at, PAGE, ending.signal).then(
        ({ events }) => {
          if (!ending.signal.aborted) setTimeline(before => withEvents(before, events))
        },
        (error: unknown) => {
          if (!ending.signal.aborted) setFailure(error instanceof Error ? error : new Error(String(error)))
        },
      )
    }
    const timer = setTimeout(read, live ? GATHER_MS : 0)
    return () => {
      clearTimeout(timer)
      ending.abort()
    }
  }, [calls, timeline, isBehind, failure])
  return {
    timeline,
    from,
    behind: next - timeline.state.next > PAGE,
    next,
    failure,
    retry: () => setFailure(undefined),
    readAll: () => {
      setFrom(0)
      setTimeline(timelineFrom(0))
    },
  }
}
