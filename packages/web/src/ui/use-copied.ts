import { useEffect, useState } from 'react'

/** Puts a text on the clipboard; the first value is true for a moment after that. `copy` says no where a browser does not allow it. */
export function useCopied(): readonly [boolean, (text: string) => boolean] {
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return undefined
    const timer = setTimeout(() => setDone(false), 1_500)
    return () => clearTimeout(timer)
  }, [done])
  const copy = (text: string): boolean => {
    // Only pages over TLS, or of this machine, have one.
    if (!navigator.clipboard) return false
    navigator.clipboard.writeText(text).then(
      () => setDone(true),
      () => setDone(false),
    )
    return true
  }
  return [done, copy]
}
