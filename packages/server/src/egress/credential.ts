import type { Secrets } from '../core/ports.ts'
import { Denial } from './denial.ts'
import { addressOf, readAuthority, type Target } from './host.ts'
import { EgressSyntaxError } from './rule.ts'

/** A header that is added to every request to one host and port, with a secret that the sandbox never sees (F24). */
export interface Credential {
  readonly host: string
  readonly port: number
  /** Plain http only when it was asked for by name (S21). */
  readonly scheme: 'http' | 'https'
  /** In lower case. */
  readonly header: string
  /** How the value is made of the secret: `Bearer S`, `Basic base64(USER:S)`, or S itself. */
  readonly kind: 'bearer' | 'basic' | 'raw'
  readonly user: string
  /** The secret's name in the store. */
  readonly secret: string
}

/** Entries that a list may have. */
const most = 200
const token = /^[!#$%&'*+.^_`|~\w-]+$/
/** What decides where a request goes and where it ends is not to be replaced. */
const reserved = /^(host|connection|content-length|transfer-encoding|upgrade|te|trailer|expect|keep-alive|proxy-.*)$/

/**
 * Reads a list of credentials, with semicolons or line breaks between them: `HOST[:PORT] bearer SECRET`,
 * `HOST[:PORT] basic USER SECRET`, or `HOST[:PORT] header NAME SECRET`, where SECRET is a secret's name. The port is
 * 443; `http://HOST[:PORT]` sends it over plain http, to port 80. Throws `EgressSyntaxError`.
 */
export function parseCredentials(text: string): readonly Credential[] {
  const entries = text.split(/[;\n]/).map(each => each.trim())
  const credentials = entries.filter(each => each !== '').map(readEntry)
  if (credentials.length > most) throw new EgressSyntaxError(`There are more than ${most} credentials.`)
  return credentials
}

function readEntry(text: string): Credential {
  const [place = '', kind = '', ...words] = text.split(/\s+/)
  const problem = (why: string): EgressSyntaxError => new EgressSyntaxError(`Credential "${text}": ${why}.`)
  const [, written = 'https', rest = ''] = /^(?:(https?):\/\/)?(.*)$/.exec(place) ?? []
  const scheme = written === 'http' ? 'http' : 'https'
  const read = readAuthority(rest)
  if (!read.ok) throw problem(`${read.why}; write it as in api.example.com or http://api.example.com:8080`)
  const made = readKind(kind, words)
  if (made === undefined) throw problem('write HOST bearer SECRET, HOST basic USER SECRET, or HOST header NAME SECRET')
  if (!token.test(made.header) || reserved.test(made.header)) throw problem(`"${made.header}" is no header to add`)
  return { host: read.host, port: read.port ?? (scheme === 'http' ? 80 : 443), scheme, ...made }
}

function readKind(
  kind: string,
  [first = '', second, ...more]: readonly string[],
): Pick<Credential, 'kind' | 'header' | 'user' | 'secret'> | undefined {
  if (first === '' || more.length > 0) return undefined
  if (kind === 'bearer' && second === undefined)
    return { kind: 'bearer', header: 'authorization', user: '', secret: first }
  if (second === undefined) return undefined
  if (kind === 'basic' && !first.includes(':'))
    return { kind: 'basic', header: 'authorization', user: first, secret: second }
  return kind === 'header' ? { kind: 'raw', header: first.toLowerCase(), user: '', secret: second } : undefined
}

/** The credentials of one server. */
export class Credentials {
  readonly #entries: readonly Credential[]
  readonly #secrets: Pick<Secrets, 'get'>

  constructor(entries: readonly Credential[], secrets: Pick<Secrets, 'get'>) {
    this.#entries = entries
    this.#secrets = secrets
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** Whether something is added to requests to a host and port, so that they must be seen. */
  has({ host, port }: Target): boolean {
    return this.#entries.some(entry => entry.host === host && entry.port === port)
  }

  /** The headers to put into a request, by names in lower case. Throws `Denial` when a secret is not there. */
  headersFor(target: Target): ReadonlyMap<string, string> {
    const isMeant = ({ host, port, scheme }: Credential): boolean =>
      host === target.host && port === target.port && scheme === target.scheme
    return new Map(this.#entries.filter(isMeant).map(entry => [entry.header, this.#valueOf(entry, target)]))
  }

  #valueOf({ kind, user, secret }: Credential, target: Target): string {
    const value = this.#secrets.get(secret)?.reveal()
    if (value === undefined)
      throw new Denial(403, addressOf(target), `the secret ${secret}, which it needs, is not in the secret store`)
    if (kind === 'basic') return `Basic ${Buffer.from(`${user}:${value}`).toString('base64')}`
    if (!/^[\t\x20-\x7e]+$/.test(value))
      throw new Denial(403, addressOf(target), `the secret ${secret} cannot be sent in a header`)
    return kind === 'bearer' ? `Bearer ${value}` : value
  }
}
