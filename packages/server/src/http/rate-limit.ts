import type { onRequestAsyncHookHandler } from 'fastify'
import type { Clock } from '../core/ports.ts'
import { untilClosed } from './request-session.ts'

const WINDOW_MS = 1000
/** Addresses that are watched at once; the one that was quiet for longest is forgotten for a new one. */
const MAX_ADDRESSES = 10_000

/**
 * The limit of 0.21.1 as a hook: of the requests of one address within a second so many pass at once (there: 10), as many
 * again wait a second, the rest are refused with 429 (wire B2). A page's own files (`/assets`) do not count.
 */
export function rateLimit(clock: Clock, atOnce: number): onRequestAsyncHookHandler {
  const atAll = 2 * atOnce
  const seen = new Map<string, readonly number[]>()
  return async (request, reply) => {
    if (request.url.startsWith('/assets')) return
    const now = clock.now().getTime()
    const times = [...(seen.get(request.ip) ?? []).filter(time => now - time < WINDOW_MS), now]
    seen.delete(request.ip)
    seen.set(request.ip, times.slice(-atAll - 1))
    const [oldest] = seen.keys()
    if (seen.size > MAX_ADDRESSES && oldest !== undefined) seen.delete(oldest)
    if (times.length > atAll) return reply.code(429).header('retry-after', '1').send({ message: 'Too many requests' })
    if (times.length <= atOnce) return
    try {
      await clock.sleep(WINDOW_MS, untilClosed(reply))
    } catch {
      return reply.hijack() // the client has gone; there is nobody to answer
    }
  }
}
