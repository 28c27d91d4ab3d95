/** A text that is not a sequence of calls; the message names the place and what was expected. */
export class ActionSyntaxError extends Error {
  override readonly name = 'ActionSyntaxError'
}

/** An error at an offset of the code, told as line and column, both from 1. */
export function errorAt(code: string, offset: number, message: string): ActionSyntaxError {
  const lines = code.slice(0, offset).split('\n')
  const column = (lines.at(-1)?.length ?? 0) + 1
  return new ActionSyntaxError(`Line ${lines.length}, column ${column}: ${message}`)
}
