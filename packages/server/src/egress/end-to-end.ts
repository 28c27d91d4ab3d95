/** Headers that are for one connection, not for the whole way (RFC 9110 §7.6.1), besides `Proxy-*`. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The headers of a message, as `rawHeaders` has them, that go on to the other side; `without` are left out too. */
export function endToEnd(rawHeaders: readonly string[], without: ReadonlySet<string> = new Set()): string[] {
  const pairs = Array.from({ length: rawHeaders.length / 2 }, (_, index) => index * 2).map(
    index => [rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''] as const,
  )
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map(each => each.trim().toLowerCase()))
  // A message's length is not for a client to hide by naming it here.
  const dropped = new Set(named.filter(name => name !== 'content-length'))
  const passes = (name: string): boolean =>
    !hopByHop.has(name) && !name.startsWith('proxy-') && !dropped.has(name) && !without.has(name)
  return pairs.filter(([name]) => passes(name.toLowerCase())).flat()
}
