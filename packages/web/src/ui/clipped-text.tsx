import { type JSX, useState } from 'react'
import { text as words } from '../text.ts'
import { ExactText } from './exact-text.tsx'

interface ClippedTextProps {
  readonly text: string
  /** Lines that are shown before somebody asks for all. */
  readonly lines?: number
  /** The end rather than the beginning: for what is still being written. */
  readonly fromEnd?: boolean
  /** To the letter, with hidden characters marked: for what was asked for. */
  readonly exact?: boolean
  readonly className?: string
}

/** Longer lines are cut when the text is shown whole; nobody reads them, and drawing them is slow. */
const MOST_CHARACTERS = 200_000

/** Preformatted text of which the first lines are shown, and all of them on demand. */
export function ClippedText({
  text,
  lines = 12,
  fromEnd = false,
  exact = false,
  className = '',
}: ClippedTextProps): JSX.Element {
  const [whole, setWhole] = useState(false)
  const all = text.split('\n')
  const isLong = all.length > lines + 3 || text.length > lines * 400
  const part = fromEnd ? all.slice(-lines) : all.slice(0, lines)
  const shown = !isLong
    ? text
    : whole
      ? text.slice(0, MOST_CHARACTERS)
      : part.map(line => line.slice(0, 400)).join('\n')
  return (
    <div className={className}>
      <pre
        className={`${whole ? 'max-h-[60vh]' : ''} quiet-scroll font-mono text-[0.8125rem] leading-relaxed break-words whitespace-pre-wrap`}
      >
        {exact ? <ExactText text={shown} /> : shown}
      </pre>
      {isLong && !fromEnd && (
        <button
          type="button"
          className="mt-1 text-xs font-medium text-accent hover:underline"
          onClick={() => setWhole(!whole)}
        >
          {whole ? words.common.showLess : words.common.showAll(all.length)}
        </button>
      )}
    </div>
  )
}
