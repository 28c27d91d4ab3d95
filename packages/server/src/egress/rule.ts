import { METHODS } from 'node:http'
import { domainToASCII } from 'node:url'
import { isAddress, readAuthority, type Target } from './host.ts'

/** One entry of an allow-list. */
export interface Rule {
  /** See `Target.host`. */
  readonly host: string
  /** Whether it is for every name below `host`, and not for `host` itself. */
  readonly isForSubdomains: boolean
  readonly ports: readonly number[]
  /** Undefined: every method. */
  readonly methods: ReadonlySet<string> | undefined
  /** Whether the host may have a private address. */
  readonly isPrivate: boolean
}

/** An allow-list or a list of credentials cannot be read; the message names the entry and says how to write it. */
export class EgressSyntaxError extends Error {
  override readonly name = 'EgressSyntaxError'
}

/** Entries that a list may have. */
const most = 1000
const usualPorts = [80, 443]
const methodNames: ReadonlySet<string> = new Set(METHODS.filter(name => name !== 'CONNECT'))

/**
 * Reads an allow-list: entries `[METHOD,METHOD] host[:port][=private]`, with commas, spaces or line breaks between them.
 * `*.example.com` is for all names below `example.com`, not for itself; without a port it is 80 and 443. Private
 * addresses are only reached when an entry is such an address, is `localhost`, or ends with `=private`. A word in
 * capitals that is a method belongs to the next host. Throws `EgressSyntaxError`.
 */
export function parseEgressList(text: string): readonly Rule[] {
  const rules: Rule[] = []
  let methods: string[] = []
  for (const word of text.split(/[\s,]+/).filter(each => each !== '')) {
    if (methodNames.has(word)) {
      methods.push(word)
      continue
    }
    rules.push(readEntry(word, methods))
    methods = []
    if (rules.length > most) throw new EgressSyntaxError(`The allow-list has more than ${most} entries.`)
  }
  if (methods.length > 0) throw new EgressSyntaxError(`Allow-list: no host follows "${methods.join(',')}".`)
  return rules
}

/** Whether an entry is for a host and port, whatever the method. */
export function isFor(rule: Rule, { host, port }: Pick<Target, 'host' | 'port'>): boolean {
  const isHost = rule.isForSubdomains ? host.endsWith(`.${rule.host}`) : host === rule.host
  return isHost && rule.ports.includes(port)
}

function readEntry(word: string, methods: readonly string[]): Rule {
  const problem = (why: string): EgressSyntaxError => new EgressSyntaxError(`Allow-list entry "${word}": ${why}.`)
  if (word.includes('/')) throw problem('write a host, as in example.com or example.com:8443, not a URL or a network')
  if (word === '*') throw problem('to allow every public host, use the mode open')
  const [, star, place = '', ending] = /^(\*\.)?(.*?)(=.*)?$/.exec(word) ?? []
  if (ending !== undefined && ending !== '=private') throw problem('the only ending is =private')
  const read = readAuthority(inAscii(place))
  if (!read.ok) throw problem(`${read.why}; write it as in example.com, *.example.com or example.com:8443`)
  const isSpelledOut = isAddress(read.host) || read.host === 'localhost'
  if (isSpelledOut && star !== undefined) throw problem('an address has no names below it')
  return {
    host: read.host,
    isForSubdomains: star !== undefined,
    ports: read.port === undefined ? usualPorts : [read.port],
    methods: methods.length > 0 ? new Set(methods) : undefined,
    isPrivate: isSpelledOut || ending !== undefined,
  }
}

/** Names in other letters are written as people write them; what comes through the proxy is punycode. */
function inAscii(place: string): string {
  if (/^[\x20-\x7e]*$/.test(place)) return place
  const [, host = '', port = ''] = /^(.*?)(:\d*)?$/.exec(place) ?? []
  return domainToASCII(host) + port
}
