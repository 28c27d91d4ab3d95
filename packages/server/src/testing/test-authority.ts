import { generateKeyPairSync } from 'node:crypto'
import { makeCertificate } from '../egress/certificate.ts'

/** What a server of a test shows to be a host, as PEM. */
export interface ServerIdentity {
  readonly cert: string
  readonly key: string
}

/** A certificate authority that only one test knows. */
export class TestAuthority {
  readonly certificate: string
  readonly #pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #name = `Authority of a test ${process.pid}`
  readonly #times = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 86_400_000) }

  constructor() {
    const { publicKey, privateKey } = this.#pair
    const fields = { subject: { authority: this.#name }, issuer: this.#name, publicKey, issuerKey: privateKey }
    this.certificate = makeCertificate({ ...fields, ...this.#times })
  }

  identityOf(host: string): ServerIdentity {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const issued = { subject: { host }, issuer: this.#name, publicKey, issuerKey: this.#pair.privateKey }
    const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    return { cert: makeCertificate({ ...issued, ...this.#times }), key }
  }
}
