import type { JSX } from 'react'
import { live } from '../../text.ts'
import { Button } from '../../ui/button.tsx'

const keys = [
  ['escape', '\u001b'],
  ['tab', '\t'],
  ['interrupt', '\u0003'],
  ['up', '\u001b[A'],
  ['down', '\u001b[B'],
] as const

/** Keys that a phone does not have. */
export function KeyRow({ onKey }: { onKey: (typed: string) => void }): JSX.Element {
  return (
    <fieldset aria-label={live.terminal.keys} className="flex gap-1 pointer-fine:hidden">
      {keys.map(([name, typed]) => (
        <Button
          key={name}
          small
          onPointerDown={event => event.preventDefault()} // the keyboard on the screen stays
          onClick={() => onKey(typed)}
        >
          {live.terminal.key[name]}
        </Button>
      ))}
    </fieldset>
  )
}
