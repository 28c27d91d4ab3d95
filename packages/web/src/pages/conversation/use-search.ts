import { useEffect, useState } from 'react'
import { useStore } from '../../store/use-conversation.ts'
import { type Finder, useFind } from '../../store/use-find.ts'

/** A search and where in its hits somebody is. */
export interface Search extends Finder {
  readonly typed: string
  /** True while what was found is not yet of what is typed. */
  readonly isStale: boolean
  /** The chosen hit; -1 for none. */
  readonly at: number
  readonly isListed: boolean
  readonly type: (typed: string) => void
  readonly toggle: () => void
  readonly show: (index: number) => void
  /** To the next hit, which is an older one, or to the one before. */
  readonly step: (by: 1 | -1) => void
}

/** Looks for what is typed, and goes from hit to hit: `onGo` is called with the event to show. */
export function useSearch(wide: boolean, onGo: (event: number) => void): Search {
  const { session } = useStore()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(-1)
  const [isListed, setListed] = useState(true)
  const [isHasty, setHasty] = useState(false)
  const finder = useFind(session, typed)
  const { hits, count, query, busy } = finder.finding
  const isStale = query !== typed.trim()
  const show = (index: number): void => {
    const hit = hits[index]
    if (!hit) return
    setAt(index)
    // On a phone there is room for the hits, or for what is found.
    if (!wide) setListed(false)
    onGo(hit.shown_at)
  }
  const step = (by: 1 | -1): void => {
    if (isStale) setHasty(true)
    else show(Math.min(Math.max(0, at + by), hits.length - 1))
    if (!isStale && at + by >= hits.length && hits.length < count) finder.more()
  }
  const type = (next: string): void => {
    setTyped(next)
    setAt(-1)
    setListed(true)
    setHasty(false)
  }
  // Whoever presses Enter before the answer is there wants the first hit of what is typed, not of what was.
  useEffect(() => {
    if (!isHasty || isStale || (busy && hits.length === 0)) return
    setHasty(false)
    show(0)
  })
  return { ...finder, typed, isStale, at, isListed, type, toggle: () => setListed(!isListed), show, step }
}
