import type { JSX } from 'react'
import { text as words } from '../text.ts'
import { piecesOf } from './hidden-characters.ts'

/** A text to the letter, read from left to right whatever is in it, with hidden characters marked; on one line or on many. */
export function ExactText({ text, line }: { text: string; line?: boolean }): JSX.Element {
  const pieces = piecesOf(text)
  return (
    <bdo
      dir="ltr"
      className={`font-mono text-[0.8125rem] ${line ? 'block truncate' : 'leading-relaxed break-words whitespace-pre-wrap'}`}
    >
      {pieces.map((piece, index) =>
        piece.hidden === undefined ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text have no other name than their place
          <span key={index}>{piece.text}</span>
        ) : (
          <mark
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            key={index}
            title={words.hidden.label(piece.hidden)}
            className="mx-px rounded bg-bad px-1 text-[0.7rem] font-semibold text-card"
          >
            {piece.hidden}
          </mark>
        ),
      )}
    </bdo>
  )
}
