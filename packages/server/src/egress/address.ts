import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'

/** What an address is when it is not one of the public internet. */
export interface Privacy {
  /** As in `a loopback address`. */
  readonly kind: string
  /** Whether an operator may mean it by a name: addresses that talk to this host's link or to everybody are never meant. */
  readonly mayBeNamed: boolean
}

const kinds: ReadonlyMap<string, Privacy> = new Map([
  ['loopback', { kind: 'a loopback address', mayBeNamed: true }],
  ['private', { kind: 'a private address', mayBeNamed: true }],
  ['uniqueLocal', { kind: 'a private address', mayBeNamed: true }],
  ['carrierGradeNat', { kind: 'an address of a carrier’s network', mayBeNamed: true }],
  ['linkLocal', { kind: 'a link-local address', mayBeNamed: false }],
  ['multicast', { kind: 'a multicast address', mayBeNamed: false }],
  ['unspecified', { kind: 'no address of another machine', mayBeNamed: false }],
])
const special: Privacy = { kind: 'an address for a special purpose', mayBeNamed: false }
const own: Privacy = { kind: 'an address of the server’s own host', mayBeNamed: true }

/**
 * Why an address, in its usual form, is not one of the public internet; undefined when it is. Only what is known to be
 * public counts; IPv6 addresses that carry an IPv4 address are judged by that one where a network really sends them
 * there (RFC 4291, RFC 6052), and are special otherwise. Tunnels such as 6to4 are special.
 */
export function privacyOf(address: string): Privacy | undefined {
  if (!ipaddr.isValid(address) || address.includes('%')) return special
  const parsed = ipaddr.parse(address)
  const range = parsed.range()
  if (parsed.kind() === 'ipv6') {
    const carried = carriedBy(parsed.toByteArray(), range)
    if (carried !== undefined) return privacyOf(carried)
    const isGlobal = (parsed.toByteArray()[0] ?? 0) >> 5 === 1
    if (range === 'unicast' && !isGlobal) return special
  }
  if (range !== 'unicast') return kinds.get(range) ?? special
  return isOwn(parsed.toString()) ? own : undefined
}

function carriedBy(bytes: readonly number[], range: string): string | undefined {
  // 64:ff9b:1::/48 is for networks' own use, with the address elsewhere; only the well-known prefix is taken.
  const isWellKnown = range === 'rfc6052' && bytes.slice(4, 12).every(byte => byte === 0)
  return range === 'ipv4Mapped' || isWellKnown ? bytes.slice(12).join('.') : undefined
}

function isOwn(address: string): boolean {
  const all = Object.values(networkInterfaces()).flatMap(each => each ?? [])
  return all.some(each => ipaddr.isValid(each.address) && ipaddr.parse(each.address).toString() === address)
}
