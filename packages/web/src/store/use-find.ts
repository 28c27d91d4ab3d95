import { useEffect, useRef, useState } from 'react'
import { findInLog } from '../api/find.ts'
import { type Ask, type Found, findAll, findMore, nothingFound } from './find.ts'
import { problemOf } from './problem.ts'

/** Somebody who types is not asked after for so long. */
const PAUSE_MS = 200

/** A search as it goes on. */
export interface Finding extends Found {
  /** What `hits` are of; behind what is typed while somebody types. */
  readonly query: string
  readonly busy: boolean
  readonly problem: string | undefined
}

/** What can be done with it. */
export interface Finder {
  readonly finding: Finding
  /** Fetches the next hits. */
  readonly more: () => void
  /** Begins anew, after a failure or for what is new. */
  readonly again: () => void
}

const idle: Finding = { ...nothingFound, query: '', busy: false, problem: undefined }

/** Looks for words in the whole log of a session; what is under way ends when other words are looked for. */
export function useFind(session: string, typed: string): Finder {
  const [finding, setFinding] = useState<Finding>(idle)
  const [attempt, setAttempt] = useState(0)
  const ending = useRef(new AbortController())
  const query = typed.trim()
  const ask: Ask = (part, signal) => findInLog(session, query, part, signal)
  // biome-ignore lint/correctness/useExhaustiveDependencies: an attempt is a reason to begin anew, and `ask` is made of the others
  useEffect(() => {
    const end = new AbortController()
    ending.current = end
    if (query === '') setFinding(idle)
    else setFinding(before => ({ ...before, busy: true, problem: undefined }))
    const run = async (): Promise<void> => {
      for await (const found of findAll(ask, end.signal))
        if (!end.signal.aborted) setFinding({ ...found, query, busy: !found.whole, problem: undefined })
    }
    const timer = setTimeout(() => {
      if (query !== '') run().catch((error: unknown) => tell(end.signal, error))
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      end.abort()
    }
  }, [session, query, attempt])

  const tell = (signal: AbortSignal, error: unknown): void => {
    if (!signal.aborted) setFinding(before => ({ ...before, query, busy: false, problem: problemOf(error) }))
  }
  const more = (): void => {
    const { signal } = ending.current
    if (finding.busy) return
    setFinding({ ...finding, busy: true, problem: undefined })
    findMore(ask, finding, signal).then(
      hits => {
        if (!signal.aborted) setFinding(before => ({ ...before, hits: [...before.hits, ...hits], busy: false }))
      },
      (error: unknown) => tell(signal, error),
    )
  }
  return { finding, more, again: () => setAttempt(before => before + 1) }
}
