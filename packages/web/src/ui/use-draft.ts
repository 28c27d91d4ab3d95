import { useState } from 'react'

/** A text that outlives a reload of this tab, by the name of what it is for. */
export function useDraft(name: string): readonly [words: string, keep: (words: string) => void] {
  const key = `openhands.draft.${name}`
  const [words, setWords] = useState(() => {
    try {
      return sessionStorage.getItem(key) ?? ''
    } catch {
      return '' // a browser that keeps nothing
    }
  })
  const keep = (next: string): void => {
    setWords(next)
    try {
      if (next === '') sessionStorage.removeItem(key)
      else sessionStorage.setItem(key, next)
    } catch {
      // as above
    }
  }
  return [words, keep]
}
