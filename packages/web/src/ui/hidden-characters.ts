/** A piece of a text; `hidden` is the name of a character that nobody would see, and `text` that character. */
export interface Piece {
  readonly text: string
  readonly hidden?: string
}

/** Controls, direction marks, joiners, fillers, tags and odd blanks: what can make a text look like another (S17). */
const HIDDEN =
  /\u034f|[\ufe00-\ufe0f]|[\u180b-\u180f]|[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u061c\u115f\u1160\u1680\u17b4\u17b5\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0\ufff0-\uffff\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu

/** Cuts a text so that each hidden character stands by itself, with its name as `U+202E`. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) })
    pieces.push({ text: match[0], hidden: nameOf(match[0]) })
    at = match.index + match[0].length
  }
  if (at < text.length) pieces.push({ text: text.slice(at) })
  return pieces
}

function nameOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
