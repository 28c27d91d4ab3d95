import type { IncomingMessage } from 'node:http'
import { Denial } from './denial.ts'
import { readAuthority, type Target } from './host.ts'

/** What a request asks for: a target, and the path there. */
export interface Asked {
  readonly target: Target
  /** Path and query as they were written, beginning with a slash; `*` for the server as a whole. */
  readonly path: string
}

const absolute = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/i
/** Characters of a client's text that are shown. */
const shown = 200

/** Reads the target of a request to a proxy: an absolute URL (RFC 9112 §3.2.2). Throws `Denial`. */
export function askedOfProxy({ url = '' }: IncomingMessage): Asked {
  const [, scheme = '', authority = '', rest = ''] = absolute.exec(url) ?? []
  const kind = scheme.toLowerCase()
  if (kind === '') throw new Denial(400, shorten(url), 'this is a proxy: it wants whole URLs, or CONNECT')
  if (kind === 'https' || kind === 'wss') throw new Denial(400, shorten(url), 'a proxy is asked for it with CONNECT')
  if (kind !== 'http' && kind !== 'ws')
    throw new Denial(403, shorten(url), `${kind}: is not let out, only http and https`)
  const { host, port = 80 } = readTarget(authority)
  return { target: { scheme: 'http', host, port }, path: rest.startsWith('/') ? rest : `/${rest}` }
}

/** Reads the target of a CONNECT: a host with a port (RFC 9112 §3.2.3). Throws `Denial`. */
export function askedOfConnect({ url = '' }: IncomingMessage): Target {
  const { host, port } = readTarget(url)
  if (port === undefined) throw new Denial(400, shorten(url), 'a port is missing')
  return { scheme: 'https', host, port }
}

/** Reads a request within a connection to a known target: only its path counts, whatever host it names. Throws `Denial`. */
export function askedInside({ url = '' }: IncomingMessage, target: Target): Asked {
  if (!url.startsWith('/') && url !== '*')
    throw new Denial(400, shorten(url), 'within a connection only paths are asked for')
  return { target, path: url }
}

function readTarget(authority: string): { host: string; port: number | undefined } {
  const read = readAuthority(authority)
  if (!read.ok) throw new Denial(403, shorten(authority), read.why)
  return read
}

/** A client's own text, for people: bounded, in one line, nothing hidden. */
function shorten(text: string): string {
  const visible = text.replace(/[^\x20-\x7e]/g, '?')
  return visible.length > shown ? `${visible.slice(0, shown)}…` : visible
}
