/** Waits for `work` at most `milliseconds` and while the signal is not aborted; rejects with `late()` or the signal's reason. */
export async function within<T>(
  work: Promise<T>,
  milliseconds: number,
  signal: AbortSignal,
  late: () => Error,
): Promise<T> {
  work.catch(() => undefined)
  signal.throwIfAborted()
  const end = Promise.withResolvers<never>()
  const timer = setTimeout(() => end.reject(late()), milliseconds)
  const abort = (): void => end.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, end.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
