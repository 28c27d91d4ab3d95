import type { IncomingMessage } from 'node:http'

/** What pages of listed origins may do: nothing that needs a cookie, for there is none. */
const preflight = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, last-event-id, x-github-token, x-session-api-key',
  'access-control-max-age': '600',
} as const
const EXPOSED = 'content-disposition, openhands-session, retry-after'

/** The origins besides our own whose pages may talk to this server (S05): each written out, compared whole. */
export class CorsOrigins {
  readonly #origins: ReadonlyMap<string, string>

  /** Throws `RangeError` for anything but an origin as browsers write it, `https://page.example`. */
  constructor(origins: readonly string[] = []) {
    for (const origin of origins)
      if (!/^https?:[^*]+$/.test(origin) || URL.parse(origin)?.origin !== origin)
        throw new RangeError(`${JSON.stringify(origin)} is no origin like https://page.example`)
    this.#origins = new Map(origins.map(origin => [origin, origin]))
  }

  has(origin: string | undefined): boolean {
    return origin !== undefined && this.#origins.has(origin)
  }

  /** The headers of an answer; what is allowed is what the list has, never what the request says. */
  headersFor({ headers }: Pick<IncomingMessage, 'headers'>): Readonly<Record<string, string>> {
    const listed = this.#origins.get(headers.origin ?? '')
    const readable = { 'access-control-allow-origin': listed, 'access-control-expose-headers': EXPOSED }
    return { vary: 'Origin', ...(listed === undefined ? {} : (readable as Record<string, string>)) }
  }

  /** Whether a request only asks what it would be allowed to do; it comes without a token and does nothing. */
  isPreflight({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
    return method === 'OPTIONS' && this.has(headers.origin) && headers['access-control-request-method'] !== undefined
  }

  /** The answer to a preflight; whoever asks about private networks gets no permission. */
  get preflight(): Readonly<Record<string, string>> {
    return preflight
  }
}
