/** What is told, besides what a cell printed, where its end was not its own. */
export const notes = {
  timedOut: (ms: number) => `[Execution timed out (${Number((ms / 1000).toFixed(3))} seconds).]\n`,
  killed:
    '[The cell did not stop when it was interrupted, so Python was ended with what the cell had started. The next cell begins with a new one: variables and imports are lost.]\n',
  ended: (how: string) =>
    `[Python has ended: ${how}. The next cell begins with a new one: variables and imports are lost.]\n`,
  endedBefore: (how: string) =>
    `[Python had ended since the last cell: ${how}. This cell begins with a new one: variables and imports are lost.]\n`,
} as const

/** How a process ended, in words. */
export function howEnded(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') return 'it was killed (SIGKILL); too little memory is the usual reason'
  return signal === null ? `exit code ${code ?? 'unknown'}` : `it was ended by ${signal}`
}
