import { lookup as systemLookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { orAborted } from '../lib/signal.ts'
import { type Privacy, privacyOf } from './address.ts'
import { Denial, remedyFor } from './denial.ts'
import { addressOf, isAddress, type Target } from './host.ts'
import { type EgressPolicy, judge } from './policy.ts'

/** The addresses of a name, in the order in which they are to be tried; rejects when it has none. */
export type Lookup = (name: string) => Promise<readonly string[]>

/** How long, in milliseconds, a name may take to be resolved. */
const lookupLimit = 10_000

/** The machine's own way to resolve names. */
export const lookupOfSystem: Lookup = async name => {
  const found = await systemLookup(name, { all: true })
  return found.map(({ address }) => address)
}

/** Leave to connect to a target, at the addresses that were checked and no others. */
export interface Passage {
  readonly target: Target
  /** Whether the method decides, so that requests in it must be seen. */
  readonly needsMethod: boolean
  /** Gives `net.connect` the checked addresses: nothing is resolved again. */
  readonly lookup: LookupFunction
}

/** Decides where the programs of one session may connect to. */
export class Gate {
  readonly #policy: EgressPolicy
  readonly #lookup: Lookup

  constructor(policy: EgressPolicy, lookup: Lookup) {
    this.#policy = policy
    this.#lookup = lookup
  }

  /** Throws `Denial`. A name that the policy does not know is not even resolved. */
  async admit(target: Target, method?: string): Promise<Passage> {
    const verdict = judge(this.#policy, target, method)
    if (!verdict.ok) throw new Denial(403, addressOf(target), verdict.why, remedyFor(verdict.entry))
    const addresses = isAddress(target.host) ? [target.host] : await this.#resolve(target)
    for (const address of addresses) {
      const privacy = privacyOf(address)
      if (privacy !== undefined) this.#checkPrivate(target, address, privacy, verdict.allowsPrivate)
    }
    return { target, needsMethod: verdict.needsMethod, lookup: pinnedTo(addresses) }
  }

  #checkPrivate(target: Target, address: string, { kind, mayBeNamed }: Privacy, isAllowed: boolean): void {
    const name = addressOf(target)
    if (isAddress(target.host)) {
      if (!isAllowed) throw new Denial(403, name, `it is ${kind}`, remedyFor(name))
    } else if (!mayBeNamed) throw new Denial(403, name, `its address ${address} is ${kind}`)
    else if (!isAllowed) throw new Denial(403, name, `its address ${address} is ${kind}`, remedyFor(`${name}=private`))
  }

  async #resolve(target: Target): Promise<readonly string[]> {
    try {
      const found = await orAborted(this.#lookup(target.host), AbortSignal.timeout(lookupLimit))
      if (found.length > 0) return found
    } catch (error) {
      throw new Denial(502, addressOf(target), `the name could not be resolved (${codeOf(error)})`)
    }
    throw new Denial(502, addressOf(target), 'the name has no address')
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
}

function pinnedTo(addresses: readonly string[]): LookupFunction {
  const all = addresses.map(address => ({ address, family: isIP(address) }))
  return (_name, options, callback) => {
    const [first] = all
    if (options.all === true || first === undefined) callback(null, all)
    else callback(null, first.address, first.family)
  }
}
