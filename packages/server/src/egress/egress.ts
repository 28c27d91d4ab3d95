import { once } from 'node:events'
import { closeSync, constants, openSync } from 'node:fs'
import { chmod, link, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { SessionId } from '@openhands/protocol'
import type { Egress, EgressDoor, EgressRefusal, Secrets } from '../core/ports.ts'
import { CertificateAuthority } from './certificate-authority.ts'
import { type Credential, Credentials } from './credential.ts'
import { Gate, type Lookup, lookupOfSystem } from './gate.ts'
import { Once } from './once.ts'
import type { EgressPolicy } from './policy.ts'
import { SessionProxy } from './session-proxy.ts'
import { trustedBy, writeBundle } from './trust.ts'

/** What the ways out of all sandboxes are made of. */
export interface EgressOptions {
  /** The server's own, closed to others; no second server uses it. */
  readonly dataDirectory: string
  /** Asked once, when the sandbox of a session is started. */
  readonly policyOf: (session: SessionId) => EgressPolicy
  readonly credentials?: readonly Credential[]
  /** Where the secrets of credentials are found, when they are used. */
  readonly secrets?: Pick<Secrets, 'get'>
  /** The machine's own way when absent. */
  readonly lookup?: Lookup
  /** Certificates, as PEM, that sandboxes and proxy trust besides the usual ones. */
  readonly certificates?: readonly string[]
}

/** Makes the way out of sandboxes: for each a proxy of its own, with the policy of its session. */
export function createEgress(options: EgressOptions): Egress {
  const doors = new Doors(options)
  return { open: (session, onRefused) => doors.open(session, onRefused) }
}

class Doors {
  readonly #options: EgressOptions
  readonly #folder: string
  readonly #certificates: readonly string[]
  readonly #credentials: Credentials
  readonly #ready = new Once(() => emptied(this.#folder))
  readonly #authority = new Once(() => CertificateAuthority.open(this.#authorityFile, Date.now()))
  readonly #usual = new Once(() => this.#bundle('certificates.crt', []))
  readonly #signed = new Once(async () => {
    const { certificate } = await this.#authority.get()
    return this.#bundle('certificates-and-own.crt', [certificate])
  })
  #trust: SecureContext | undefined

  constructor(options: EgressOptions) {
    this.#options = options
    this.#folder = join(options.dataDirectory, 'runtime', 'egress')
    this.#certificates = options.certificates ?? []
    this.#credentials = new Credentials(options.credentials ?? [], options.secrets ?? { get: () => undefined })
  }

  async open(session: SessionId, onRefused: (refusal: EgressRefusal) => void): Promise<EgressDoor> {
    await this.#ready.get()
    const policy = this.#options.policyOf(session)
    const proxy = new SessionProxy({
      gate: new Gate(policy, this.#options.lookup ?? lookupOfSystem),
      credentials: this.#credentials,
      contextFor: async host => (await this.#authority.get()).contextFor(host, Date.now()),
      trust: () => {
        this.#trust ??= createSecureContext({ ca: trustedBy(this.#certificates) })
        return this.#trust
      },
      onRefused,
    })
    const sees = !this.#credentials.isEmpty || policy.rules.some(rule => rule.methods !== undefined)
    return openDoor(proxy, await mkdtemp(join(this.#folder, 'door-')), await (sees ? this.#signed : this.#usual).get())
  }

  get #authorityFile(): string {
    return join(this.#options.dataDirectory, 'egress-ca.pem')
  }

  #bundle(name: string, more: readonly string[]): Promise<string> {
    return writeBundle(join(this.#folder, name), [...this.#certificates, ...more])
  }
}

/** The folder of a proxy, made for everybody to read: the programs inside are not the server's user. */
async function openDoor(proxy: SessionProxy, folder: string, bundle: string): Promise<EgressDoor> {
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  const end = async (): Promise<void> => {
    proxy.close()
    closeSync(descriptor)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await link(bundle, join(folder, 'ca.crt'))
    // The address of a socket may have no more than 107 bytes, and a data directory may have more.
    proxy.server.listen(`/proc/self/fd/${descriptor}/proxy.sock`)
    await once(proxy.server, 'listening')
    await chmod(join(folder, 'proxy.sock'), 0o666)
    await chmod(folder, 0o755)
  } catch (error) {
    await end()
    throw error
  }
  return { folder, [Symbol.asyncDispose]: end }
}

async function emptied(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
}
