import type { onRequestAsyncHookHandler } from 'fastify'
import type { Clock } from '../core/ports.ts'
import { untilClosed } from './request-session.ts'

const WINDOW_MS = 1000
/** Requests of one address within a second that pass at once, and those that pass at all (wire B2). */
const AT_ONCE = 10
const AT_ALL = 20
/** Addresses that are watched at once; the one that was quiet for longest is forgotten for a new one. */
const MAX_ADDRESSES = 10_000

/**
 * The limits of 0.21.1 as a hook: of the requests of one address within a second ten pass, ten more wait a second, the
 * rest are refused with 429. A page's own files (`/assets`) do not count.
 */
export function rateLimit(clock: Clock): onRequestAsyncHookHandler {
  const seen = new Map<string, readonly number[]>()
  return async (request, reply) => {
    if (request.url.startsWith('/assets')) return
    const now = clock.now().getTime()
    const times = [...(seen.get(request.ip) ?? []).filter(time => now - time < WINDOW_MS), now]
    seen.delete(request.ip)
    seen.set(request.ip, times.slice(-AT_ALL - 1))
    const [oldest] = seen.keys()
    if (seen.size > MAX_ADDRESSES && oldest !== undefined) seen.delete(oldest)
    if (times.length > AT_ALL) return reply.code(429).header('retry-after', '1').send({ message: 'Too many requests' })
    if (times.length <= AT_ONCE) return
    try {
      await clock.sleep(WINDOW_MS, untilClosed(reply))
    } catch {
      return reply.hijack() // the client has gone; there is nobody to answer
    }
  }
}
