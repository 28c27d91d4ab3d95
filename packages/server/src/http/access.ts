import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Who may talk to this server. */
export interface AccessPolicy {
  /** `Host` values that are ours: names with port, lower case. */
  readonly hosts: ReadonlySet<string>
  /** Whether a client on this machine needs no token (requirements §4.1). */
  readonly localMode: boolean
  /** The present token; undefined when none was set. */
  readonly token: () => string | undefined
  /** Whether the process at the other end belongs to the server's own user. */
  readonly isOwnPeer: (request: IncomingMessage) => Promise<boolean>
  /** Milliseconds of a clock that only goes forward; the machine's unless given. */
  readonly now?: () => number
}

export type Admission =
  | { readonly ok: true; readonly by: 'local' | 'token' }
  | { readonly ok: false; readonly status: 401 | 403 | 421 | 429 }

/** Bad tokens that one address may present in a minute before it has to wait; others are not affected. */
const MAX_BAD_TRIES = 20
const WINDOW_MS = 60_000
/** Addresses whose bad tries are remembered at once; the oldest is forgotten for a new one. */
const MAX_ADDRESSES = 10_000
/** The only names under which a client may be local: others lead here through somebody's proxy or name server. */
const loopbackHost = /^(?:127\.0\.0\.1|localhost|\[::1\]):\d+$/

/** Decides about requests before anything else looks at them: Host, Origin, then who asks (S02, S03, S04). */
export class Access {
  readonly #policy: AccessPolicy
  readonly #badTries = new Map<string, { count: number; since: number }>()

  constructor(policy: AccessPolicy) {
    this.#policy = policy
  }

  /** Whether the request is meant for this server and does not come from a foreign page. */
  screen(request: IncomingMessage): Admission {
    const [host, ...moreHosts] = valuesOf(request, 'host')
    const name = host?.toLowerCase()
    if (name === undefined || moreHosts.length > 0 || !this.#isOurs(name, request)) return { ok: false, status: 421 }
    const origins = valuesOf(request, 'origin')
    const own = origins.length === 0 || (origins.length === 1 && isOriginOf(name, origins[0]))
    return own ? { ok: true, by: 'local' } : { ok: false, status: 403 }
  }

  /** Whether whoever asks may ask. `presented` is a token that did not come in the `Authorization` header. */
  async admit(request: IncomingMessage, presented?: string): Promise<Admission> {
    const screened = this.screen(request)
    if (!screened.ok) return screened
    const given = bearerOf(request) ?? presented
    if (given !== undefined) return this.#compare(request, given)
    return (await this.#isLocal(request)) ? { ok: true, by: 'local' } : { ok: false, status: 401 }
  }

  /** A name on the list, or the very address that the client has reached: no name server stands behind that. */
  #isOurs(host: string, { url, socket }: IncomingMessage): boolean {
    if (!url?.startsWith('/')) return false
    return this.#policy.hosts.has(host) || host === hostOf(socket)
  }

  /** All that §4.1 of the requirements asks for. */
  async #isLocal(request: IncomingMessage): Promise<boolean> {
    if (!this.#policy.localMode || cameThroughProxy(request)) return false
    return loopbackHost.test(request.headers.host?.toLowerCase() ?? '') && (await this.#policy.isOwnPeer(request))
  }

  #compare(request: IncomingMessage, given: string): Admission {
    const peer = request.socket.remoteAddress ?? ''
    if (this.#isThrottled(peer)) return { ok: false, status: 429 }
    const token = this.#policy.token()
    if (token !== undefined && sameText(given, token)) return { ok: true, by: 'token' }
    this.#countBadTry(peer)
    return { ok: false, status: 401 }
  }

  #isThrottled(peer: string): boolean {
    const tries = this.#badTries.get(peer)
    return tries !== undefined && tries.count >= MAX_BAD_TRIES && this.#now() - tries.since < WINDOW_MS
  }

  /** The oldest stand first. */
  #countBadTry(peer: string): void {
    const now = this.#now()
    for (const [address, { since }] of this.#badTries) {
      if (now - since < WINDOW_MS && this.#badTries.size <= MAX_ADDRESSES) break
      this.#badTries.delete(address)
    }
    const tries = this.#badTries.get(peer)
    this.#badTries.set(peer, { count: (tries?.count ?? 0) + 1, since: tries?.since ?? now })
  }

  #now(): number {
    return this.#policy.now?.() ?? performance.now()
  }
}

function valuesOf(request: IncomingMessage, name: string): readonly string[] {
  return request.headersDistinct[name] ?? []
}

/** As browsers write it; `https` where a proxy adds it, on a name that only we answer to. */
function isOriginOf(host: string, origin: string | undefined): boolean {
  return origin === `http://${host}` || origin === `https://${host}`
}

/** The end of a connection that is ours, as a `Host` header writes it. */
function hostOf({ localAddress, localPort }: IncomingMessage['socket']): string | undefined {
  const plain = localAddress?.replace(/^::ffff:(?=\d+\.)/i, '')
  return plain && `${plain.includes(':') ? `[${plain}]` : plain}:${localPort}`
}

function bearerOf(request: IncomingMessage): string | undefined {
  const header = request.headers.authorization
  return header?.toLowerCase().startsWith('bearer ') ? header.slice('bearer '.length).trim() : header
}

/** A tunnel or proxy makes a far client look near: then nobody is local. */
function cameThroughProxy(request: IncomingMessage): boolean {
  return Object.keys(request.headers).some(
    name => name === 'forwarded' || name === 'via' || name.startsWith('x-forwarded-'),
  )
}

/** Compares without telling by time how much was right: over digests, which have one length. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
