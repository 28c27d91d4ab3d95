import type { Address } from './names.ts'

/** A model's address together with the key that is sent there. */
export interface Endpoint {
  readonly address: Address
  /** Kept out of sight of `inspect` and JSON: reading it is a call. */
  key(): string | undefined
}

/** An endpoint that holds its key in a closure. */
export function endpointOf(address: Address, key: string | undefined): Endpoint {
  return { address, key: () => key }
}

/** Who is called, for people: the provider and its address without user and password. */
export function whoIs({ address }: Endpoint): string {
  const url = new URL(address.baseUrl)
  return `${address.provider.name} at ${url.origin}${url.pathname === '/' ? '' : url.pathname}`
}

const longestWords = 600

/** A provider's words as they may be shown: the key masked in every spelling, on one line, at most 600 characters. */
export function masked(words: string, endpoint: Endpoint): string {
  const secrets = [endpoint.key() ?? '', new URL(endpoint.address.baseUrl).password].filter(each => each.length >= 4)
  const spellings = secrets.flatMap(each => [
    each,
    encodeURIComponent(each),
    JSON.stringify(each).slice(1, -1),
    Buffer.from(each).toString('base64'),
    Buffer.from(each).toString('base64').replace(/=+$/, ''),
  ])
  const hidden = spellings.reduce((text, spelling) => text.replaceAll(spelling, '[key]'), words)
  const line = hidden.replace(/\s+/g, ' ').trim().toWellFormed()
  return line.length > longestWords ? `${line.slice(0, longestWords).toWellFormed()}…` : line
}
