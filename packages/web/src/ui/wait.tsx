import type { JSX } from 'react'
import { text } from '../text.ts'

/** Something is on its way. */
export function Wait(): JSX.Element {
  return (
    <p role="status" className="breathing flex h-full items-center justify-center p-8 text-sm text-muted">
      {text.common.loading}
    </p>
  )
}
