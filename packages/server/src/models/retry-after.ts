/** How long a provider's headers ask to wait, in milliseconds: `retry-after-ms`, or `Retry-After` as seconds or a date. */
export function retryAfterMs(headers: Readonly<Record<string, unknown>>, now: Date): number | undefined {
  const exact = positive(headers['retry-after-ms'])
  if (exact !== undefined) return exact
  const seconds = positive(headers['retry-after'])
  if (seconds !== undefined) return seconds * 1000
  const until = Date.parse(String(headers['retry-after'] ?? ''))
  return Number.isNaN(until) ? undefined : Math.max(0, until - now.getTime())
}

function positive(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  return Number.isFinite(number) && number >= 0 ? number : undefined
}
