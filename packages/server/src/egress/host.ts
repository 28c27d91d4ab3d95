import { isIP } from 'node:net'

/** Where a request wants to go, spelled in the one way in which hosts are compared. */
export interface Target {
  readonly scheme: 'http' | 'https'
  /** Lower case, punycode, no dot at its end; or an address in its usual form, without brackets. */
  readonly host: string
  readonly port: number
}

/** A host and perhaps a port as somebody wrote them, or why they are none. */
export type Authority =
  | { readonly ok: true; readonly host: string; readonly port: number | undefined }
  | { readonly ok: false; readonly why: string }

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/

/**
 * Reads `host[:port]`. Every spelling of an address (`127.1`, `0x7f000001`, `[::ffff:7f00:1]`) becomes the usual one, so
 * that nothing behind this door has to know them; what some programs read differently from others is refused (S32).
 */
export function readAuthority(text: string): Authority {
  const strange = strangeness(text)
  if (strange !== undefined) return { ok: false, why: strange }
  const [, written = '', digits] = parts.exec(text) ?? []
  const host = written.startsWith('[') ? readBracketed(written) : readName(written)
  const port = digits === undefined ? undefined : Number(digits)
  if (host === undefined || port === 0 || (port ?? 1) > 65_535) return { ok: false, why: 'it is not a host name' }
  return { ok: true, host, port }
}

/** `host:port`, with brackets where the host is an IPv6 address. */
export function addressOf({ host, port }: Pick<Target, 'host' | 'port'>): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

/** Whether a host of a target is an address. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0
}

function strangeness(text: string): string | undefined {
  if (text.includes('@')) return 'a host with a user name before it is not accepted'
  if (text.includes('%')) return 'a host with "%" in it is not accepted'
  if (!/^[\x21-\x7e]*$/.test(text)) return 'a host must be written in ASCII (xn--… for other letters)'
  return undefined
}

function readBracketed(text: string): string | undefined {
  const host = URL.parse(`http://${text}/`)?.hostname.slice(1, -1)
  return host !== undefined && isIP(host) === 6 ? host : undefined
}

/** The parser of URLs knows every spelling of an IPv4 address, and refuses what only looks like one. */
function readName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '')
  const labels = name.split('.')
  if (name.length > 253 || !labels.every(each => label.test(each))) return undefined
  const host = URL.parse(`http://${name}/`)?.hostname
  return host === name || isIP(host ?? '') === 4 ? host : undefined
}
