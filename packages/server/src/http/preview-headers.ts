import type { IncomingMessage } from 'node:http'
import type { PreviewOrigins, Visit } from './preview-origins.ts'

/** Names and values in turn, as they are on the wire. */
export type RawHeaders = readonly string[]

/** What is between two neighbours only (RFC 9110 §7.6.1), and what Node writes itself. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
])
/** What proxies in front of us tell of a client is for us. */
const fromProxies = /^(?:forwarded|via|x-forwarded-.*|x-real-ip|true-client-ip|cf-.*|x-client-ip)$/
/** Headers of an answer that would act beyond the preview's own origin, or that we set ourselves. */
const notForBrowsers: ReadonlySet<string> = new Set(['alt-svc', 'clear-site-data', 'referrer-policy'])
const addresses: ReadonlySet<string> = new Set(['location', 'content-location', 'access-control-allow-origin'])

/** Translates the headers of previews: neither side sees that the other has another address. */
export class PreviewHeaders {
  readonly #origins: PreviewOrigins
  readonly #controlOrigins: readonly string[]

  /** `controlOrigins`: those of our own page, which alone may show previews in a frame. */
  constructor(origins: PreviewOrigins, controlOrigins: readonly string[]) {
    this.#origins = origins
    this.#controlOrigins = controlOrigins
  }

  /** Who may show what a preview answers in a frame. */
  get framePolicy(): string {
    // A policy has no spelling for an IPv6 address; browsers complain of one and pass it over.
    const named = this.#controlOrigins.filter(origin => !origin.includes('['))
    return ['frame-ancestors', "'self'", ...named].join(' ')
  }

  /** The headers of a request as the program is to see it; of how it was sent only the framing of its body is kept. */
  toProgram({ rawHeaders, headers, method }: IncomingMessage, visit: Visit): string[] {
    const kept = pairsOf(rawHeaders, headers.connection).flatMap(([name, value]) => {
      const key = name.toLowerCase()
      if (key === 'host' || fromProxies.test(key)) return []
      if (key !== 'origin' && key !== 'referer') return [name, value]
      // Our own page looks whether a program answers; the program need not know from where.
      if (this.#isControl(value)) return []
      return [name, this.#origins.inside(value, visit) ?? value]
    })
    const isChunked = headers['transfer-encoding'] !== undefined
    const isEmpty = !isChunked && headers['content-length'] === undefined && method !== 'GET' && method !== 'HEAD'
    if (isChunked) kept.push('Transfer-Encoding', 'chunked')
    if (isEmpty) kept.push('Content-Length', '0')
    return ['Host', `localhost:${visit.port}`, ...kept]
  }

  /** The headers of an answer as the browser is to see it. */
  toBrowser({ rawHeaders, headers }: IncomingMessage, visit: Visit, request: IncomingMessage): string[] {
    const kept = pairsOf(rawHeaders, headers.connection).flatMap(([name, value]) => {
      const key = name.toLowerCase()
      if (notForBrowsers.has(key)) return []
      if (key === 'set-cookie') return [name, this.#cookie(value)]
      return [name, addresses.has(key) ? (this.#origins.outside(value, visit) ?? value) : value]
    })
    const cluster = headers['origin-agent-cluster'] === undefined ? ['Origin-Agent-Cluster', '?1'] : []
    const readable = headers['access-control-allow-origin'] === undefined ? this.readable(request) : []
    // Policies add up: whatever the program allows, it is shown in no foreign frame. Its address is a secret, so it is
    // told to no other origin; to its own it must be, or browsers would send forms with the origin `null`.
    return [
      ...kept,
      ...['Content-Security-Policy', this.framePolicy, 'Referrer-Policy', 'same-origin'],
      ...cluster,
      ...readable,
    ]
  }

  /** Lets our own page, and nobody else, read the answer to a request that it has made. */
  readable({ headers }: IncomingMessage): string[] {
    const origin = this.#controlOrigins.find(each => each === headers.origin)
    return origin === undefined ? [] : ['Access-Control-Allow-Origin', origin, 'Vary', 'Origin']
  }

  #isControl(address: string): boolean {
    return this.#controlOrigins.some(origin => address === origin || address.startsWith(`${origin}/`))
  }

  /**
   * A cookie for this host only. In a frame of our page it would be a third party's, which browsers keep only when it says
   * that it is kept apart for each page around it.
   */
  #cookie(value: string): string {
    const [pair = '', ...attributes] = value.split(';').map(part => part.trim())
    const isOurs = this.#origins.takesSecureCookies
    const dropped = isOurs ? /^(?:domain|samesite|secure|partitioned)\s*(?:=|$)/i : /^domain\s*(?:=|$)/i
    const kept = attributes.filter(attribute => !dropped.test(attribute))
    return [pair, ...kept, ...(isOurs ? ['SameSite=None', 'Secure', 'Partitioned'] : [])].join('; ')
  }
}

/** Without those between two neighbours, which `Connection` may add to. */
function pairsOf(raw: RawHeaders, connection: string | undefined): [name: string, value: string][] {
  const named = new Set(
    connection
      ?.toLowerCase()
      .split(',')
      .map(name => name.trim()),
  )
  return raw.flatMap((name, index): [string, string][] => {
    const value = raw[index + 1]
    const key = name.toLowerCase()
    return index % 2 > 0 || value === undefined || hopByHop.has(key) || named.has(key) ? [] : [[name, value]]
  })
}
