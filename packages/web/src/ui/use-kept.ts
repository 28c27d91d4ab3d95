import { useState } from 'react'

/** So many values are kept; the one that was kept first goes first. */
const MOST = 100
const kept = new Map<string, unknown>()

/** A state that outlives its component, as long as the page is open: a panel that is opened again is as it was left. */
export function useKept<T>(key: string, initial: T): readonly [T, (value: T) => void] {
  // Whoever uses a key uses it with one type: it is the name of one state in one component.
  const [value, setValue] = useState<T>(() => (kept.has(key) ? (kept.get(key) as T) : initial))
  return [
    value,
    next => {
      kept.delete(key)
      kept.set(key, next)
      for (const oldest of kept.keys()) {
        if (kept.size <= MOST) break
        kept.delete(oldest)
      }
      setValue(next)
    },
  ]
}
