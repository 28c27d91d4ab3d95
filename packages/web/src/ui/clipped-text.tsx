import { type JSX, useMemo, useState } from 'react'
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
  /** Words rather than code. */
  readonly plain?: boolean
  readonly className?: string
}

/** So much of a text is shown whole; nobody reads more, and drawing it is slow. */
const MOST_CHARACTERS = 200_000
/** Characters of a line while only some lines are shown: of code, and of words, whose lines are paragraphs. */
const MOST_LINE = { code: 400, words: 2_000 }

/** Preformatted text of which the first lines are shown, and all of them on demand. */
export function ClippedText({
  text,
  lines = 12,
  fromEnd = false,
  exact = false,
  plain = false,
  className = '',
}: ClippedTextProps): JSX.Element {
  const [whole, setWhole] = useState(false)
  const count = useMemo(() => linesIn(text), [text])
  const most = plain ? MOST_LINE.words : MOST_LINE.code
  const isLong = count > lines + 3 || text.length > lines * most
  const shown = !isLong ? text : whole ? text.slice(0, MOST_CHARACTERS) : someLines(text, lines, most, fromEnd)
  const look = plain ? 'font-sans' : 'font-mono text-[0.8125rem] leading-relaxed'
  return (
    <div className={className}>
      <pre className={`${whole ? 'max-h-[60vh]' : ''} quiet-scroll ${look} break-words whitespace-pre-wrap`}>
        {exact ? <ExactText text={shown} /> : shown}
      </pre>
      {whole && shown.length < text.length && (
        <p className="mt-1 text-xs text-muted">{words.common.leftOut(shown.length, text.length)}</p>
      )}
      {isLong && !fromEnd && (
        <button
          type="button"
          className="mt-1 text-xs font-medium text-accent hover:underline"
          onClick={() => setWhole(!whole)}
        >
          {whole ? words.common.showLess : words.common.showAll(count)}
        </button>
      )}
    </div>
  )
}

/** The first or the last lines of a text, without looking at the rest of it. */
function someLines(text: string, lines: number, most: number, fromEnd: boolean): string {
  const near = lines * most
  const all = (fromEnd ? text.slice(-near) : text.slice(0, near)).split('\n')
  return (fromEnd ? all.slice(-lines) : all.slice(0, lines)).map(line => line.slice(0, most)).join('\n')
}

function linesIn(text: string): number {
  let count = 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}
