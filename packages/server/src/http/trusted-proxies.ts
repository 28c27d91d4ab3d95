import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

type Asked = Pick<IncomingMessage, 'headers' | 'headersDistinct' | 'socket'>

/** The proxies whose word about a client counts (P46); what anybody else forwards is looked at by nobody. */
export class TrustedProxies {
  readonly #list = new BlockList()

  /** Addresses and networks: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`. Throws `RangeError` for anything else. */
  constructor(addresses: readonly string[] = []) {
    for (const written of addresses) {
      const [address = '', bits, ...more] = written.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      const most = family === 'ipv6' ? 128 : 32
      const isNetwork = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most)
      if (isIP(address) === 0 || !isNetwork || more.length > 0)
        throw new RangeError(`${JSON.stringify(written)} is neither an address nor a network like 10.0.0.0/8`)
      this.#list.addSubnet(address, Number(bits ?? most), family)
    }
  }

  trusts(address: string): boolean {
    const plain = plainAddress(address)
    return isIP(plain) > 0 && this.#list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
  }

  /** Whether a request was passed on by one of them. */
  passedOn({ socket }: Pick<Asked, 'socket'>): boolean {
    return this.trusts(socket.remoteAddress ?? '')
  }

  /** Who asks: the nearest address that is none of ours, as far as one of ours has written it down. */
  clientOf({ headers, socket }: Asked): string {
    let client = plainAddress(socket.remoteAddress ?? '')
    const told = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').reverse()
    for (const each of told) {
      const address = plainAddress(each.trim())
      if (!this.trusts(client) || isIP(address) === 0) break
      client = address
    }
    return client
  }

  /** The host that a client has asked for, where one of ours says it; undefined where it has said nothing, null for a riddle. */
  hostOf(request: Asked): string | null | undefined {
    const told = request.headersDistinct['x-forwarded-host']
    if (told === undefined || !this.passedOn(request)) return undefined
    const [host = ''] = told
    return told.length === 1 && !host.includes(',') ? host.trim().toLowerCase() : null
  }
}

/** IPv4 as people write it, where the system has mapped it into IPv6. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
