/** Milliseconds to wait before try number `attempt` (from 0); `chance` between 0 and 1 keeps clients apart. */
export function backoffMs(attempt: number, chance: number): number {
  const steady = Math.min(15_000, 500 * 2 ** Math.min(attempt, 6))
  return Math.round(steady * (0.75 + 0.5 * chance))
}

/** Resolves after a time, when the network or the reader comes back, or when the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      clearTimeout(timer)
      removeEventListener('online', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    addEventListener('online', done)
    signal.addEventListener('abort', done)
  })
}
