/** The clients of one kind that are connected, and what waits to be sent to them. */
export interface Crowd {
  readonly kind: string
  readonly count: number
  /** Bytes that wait for all of them, and for the one that is furthest behind. */
  readonly waitingBytes: number
  readonly longestBytes: number
}

/** What is known of a crowd by what waits for each of its members. */
export function crowdOf(kind: string, waiting: readonly number[]): Crowd {
  const waitingBytes = waiting.reduce((sum, bytes) => sum + bytes, 0)
  const longestBytes = waiting.reduce((most, bytes) => Math.max(most, bytes), 0)
  return { kind, count: waiting.length, waitingBytes, longestBytes }
}
