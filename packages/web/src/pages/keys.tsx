import type { JSX } from 'react'
import { keyNames } from '../store/commands.ts'

/** Keys as they stand on a keyboard. */
export function Keys({ keys }: { keys: string }): JSX.Element {
  return (
    <span className="flex justify-end gap-1">
      {keyNames(keys).map(key => (
        <kbd
          key={key}
          className="min-w-6 rounded border border-line bg-sunken px-1.5 py-px text-center font-sans text-xs text-muted"
        >
          {key}
        </kbd>
      ))}
    </span>
  )
}
