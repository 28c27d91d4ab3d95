/** More than these are not looked at; the text counts as too complex. */
export const MOST_NODES = 20_000
export const MOST_COMMANDS = 1000
export const DEEPEST = 120

/** Thrown when a text has more of something than is looked at. */
export class TooComplexError extends Error {
  override readonly name = 'TooComplexError'
}
