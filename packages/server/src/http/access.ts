import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { BadTries } from './bad-tries.ts'
import { CorsOrigins } from './cors.ts'
import { TrustedProxies } from './trusted-proxies.ts'

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
  /** Whether this is a ticket that a login has given out and that still counts; nothing is unless told. */
  readonly isTicket?: (presented: string) => Promise<boolean>
  /** Whose word about clients counts; nobody's unless told. */
  readonly proxies?: TrustedProxies
  /** Whose pages may come besides our own; none unless told. */
  readonly cors?: CorsOrigins
  /** Milliseconds of a clock that only goes forward; the machine's unless given. */
  readonly now?: () => number
}

export type Admission =
  | { readonly ok: true; readonly by: 'local' | 'token' | 'ticket' }
  | { readonly ok: false; readonly status: 401 | 403 | 421 | 429 }

/** The only names under which a client may be local: others lead here through somebody's proxy or name server. */
const loopbackHost = /^(?:127\.0\.0\.1|localhost|\[::1\]):\d+$/

/** Decides about requests before anything else looks at them: Host, Origin, then who asks (S02, S03, S04). */
export class Access {
  readonly #policy: AccessPolicy
  readonly #badTries: BadTries
  readonly #proxies: TrustedProxies
  readonly #cors: CorsOrigins

  constructor(policy: AccessPolicy) {
    this.#policy = policy
    this.#badTries = new BadTries(policy.now)
    this.#proxies = policy.proxies ?? new TrustedProxies()
    this.#cors = policy.cors ?? new CorsOrigins()
  }

  /** Whether the request is meant for this server and does not come from a foreign page. */
  screen(request: IncomingMessage): Admission {
    const name = this.#hostOf(request)
    if (name === undefined) return { ok: false, status: 421 }
    const [origin, ...more] = valuesOf(request, 'origin')
    if (more.length > 0) return { ok: false, status: 403 }
    if (origin === undefined) return isFromElsewhere(request) ? { ok: false, status: 403 } : { ok: true, by: 'local' }
    return isOriginOf(name, origin) || this.#cors.has(origin) ? { ok: true, by: 'local' } : { ok: false, status: 403 }
  }

  /** As `screen`, for what anybody may have: a browser may also come from a link in a foreign page. */
  screenPage(request: IncomingMessage): Admission {
    const screened = this.screen(request)
    const isVisit =
      this.#hostOf(request) !== undefined && valuesOf(request, 'origin').length === 0 && isVisitOf(request)
    return isVisit ? { ok: true, by: 'local' } : screened
  }

  /** Whether whoever asks may ask. `presented` is a token that did not come in the `Authorization` header. */
  async admit(request: IncomingMessage, presented?: string): Promise<Admission> {
    const screened = this.screen(request)
    if (!screened.ok) return screened
    const given = bearerOf(request) ?? presented
    if (given !== undefined) return await this.#compare(request, given)
    return (await this.#isLocal(request)) ? { ok: true, by: 'local' } : { ok: false, status: 401 }
  }

  /** As `admit`, for what is shown instead of a token: 401 for a wrong one, 429 after too many. */
  async admitBy(request: IncomingMessage, isRight: () => boolean | Promise<boolean>): Promise<Admission> {
    const screened = this.screen(request)
    if (!screened.ok) return screened
    return await this.#try(request, async () => ((await isRight()) ? 'ticket' : undefined))
  }

  /** The name under which the client knows us: one on the list, or the very address that it has reached. */
  #hostOf(request: IncomingMessage): string | undefined {
    const [host, ...moreHosts] = valuesOf(request, 'host')
    if (host === undefined || moreHosts.length > 0 || !request.url?.startsWith('/')) return undefined
    const told = this.#proxies.hostOf(request)
    const name = told === undefined ? host.toLowerCase() : told
    if (name === null) return undefined
    const isOurs = this.#policy.hosts.has(name) || (told === undefined && name === addressOf(request.socket))
    return isOurs ? name : undefined
  }

  /** All that §4.1 of the requirements asks for. */
  async #isLocal(request: IncomingMessage): Promise<boolean> {
    if (!this.#policy.localMode || cameThroughProxy(request) || this.#proxies.passedOn(request)) return false
    if (this.#cors.has(request.headers.origin)) return false
    return loopbackHost.test(request.headers.host?.toLowerCase() ?? '') && (await this.#policy.isOwnPeer(request))
  }

  async #compare(request: IncomingMessage, given: string): Promise<Admission> {
    return await this.#try(request, async () => {
      const token = this.#policy.token()
      if (token !== undefined && sameText(given, token)) return 'token'
      return (await this.#policy.isTicket?.(given)) === true ? 'ticket' : undefined
    })
  }

  async #try(request: IncomingMessage, by: () => Promise<'token' | 'ticket' | undefined>): Promise<Admission> {
    const client = this.#proxies.clientOf(request)
    if (this.#badTries.isThrottled(client)) return { ok: false, status: 429 }
    const found = await by()
    if (found !== undefined) return { ok: true, by: found }
    this.#badTries.count(client)
    return { ok: false, status: 401 }
  }
}

function valuesOf(request: IncomingMessage, name: string): readonly string[] {
  return request.headersDistinct[name] ?? []
}

/** As browsers write it; `https` where a proxy adds it, on a name that only we answer to. */
function isOriginOf(host: string, origin: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`
}

/** What browsers say of pictures, forms and links of other pages, even where they send no `Origin` (S06). */
function isFromElsewhere({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

/** A whole page that is to be shown in a window of its own. */
function isVisitOf({ headers, method }: IncomingMessage): boolean {
  const isNavigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return isNavigation && (method === 'GET' || method === 'HEAD')
}

/** The end of a connection that is ours, as a `Host` header writes it: no name server stands behind that. */
function addressOf({ localAddress, localPort }: IncomingMessage['socket']): string | undefined {
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
