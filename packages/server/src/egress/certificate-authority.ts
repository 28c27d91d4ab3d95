import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'

const day = 86_400_000
const authorityDays = 3650
const leafDays = 90
/** A certificate is made anew when it is nearer to its end than this, in milliseconds. */
const reserve = 30 * day
/** Hosts whose certificates are kept; the oldest is forgotten. */
const mostHosts = 500

interface Leaf {
  readonly context: SecureContext
  readonly ends: number
}

/** Signs certificates for hosts whose requests are seen by the proxy. Only sandboxes of this data directory trust it. */
export class CertificateAuthority {
  /** Its own certificate, as PEM. */
  readonly certificate: string
  readonly #key: KeyObject
  /** One for all hosts: it lives as long as this process. */
  readonly #leafKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #leaves = new Map<string, Leaf>()

  private constructor(certificate: string, key: KeyObject) {
    this.certificate = certificate
    this.#key = key
  }

  /** The authority in a file, made when there is none or when it is near its end; the file is for its owner only. */
  static async open(path: string, now: number): Promise<CertificateAuthority> {
    const found = read(await contentOf(path), now)
    if (found !== undefined) return new CertificateAuthority(found.certificate, found.key)
    const pem = await make(now)
    await replace(path, pem)
    const made = read(pem, now)
    if (made === undefined) throw new Error('the certificate authority that was just made cannot be read')
    return new CertificateAuthority(made.certificate, made.key)
  }

  /** What a server needs to be taken for a host by programs that trust this authority. */
  async contextFor(host: string, now: number): Promise<SecureContext> {
    const kept = this.#leaves.get(host)
    if (kept !== undefined && kept.ends - now > reserve) return kept.context
    const { makeCertificate } = await import('./certificate.ts')
    const { publicKey, privateKey } = this.#leafKey
    const ends = now + leafDays * day
    const certificate = makeCertificate({
      subject: { host },
      issuer: nameIn(this.certificate),
      publicKey,
      issuerKey: this.#key,
      notBefore: new Date(now - day),
      notAfter: new Date(ends),
    })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const context = createSecureContext({ cert: certificate + this.certificate, key })
    const [oldest] = this.#leaves.keys()
    if (this.#leaves.size >= mostHosts && oldest !== undefined) this.#leaves.delete(oldest)
    this.#leaves.set(host, { context, ends })
    return context
  }
}

interface Kept {
  readonly certificate: string
  readonly key: KeyObject
}

function read(pem: string, now: number): Kept | undefined {
  const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(pem)?.[0]
  if (certificate === undefined) return undefined
  try {
    const key = createPrivateKey(pem)
    const parsed = new X509Certificate(certificate)
    const isUsable = parsed.checkPrivateKey(key) && parsed.validToDate.getTime() - now > reserve
    return isUsable ? { certificate, key } : undefined
  } catch {
    return undefined // spoilt: another one takes its place
  }
}

/** The name is different each time: programs look an authority up by it. */
async function make(now: number): Promise<string> {
  const { makeCertificate } = await import('./certificate.ts')
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = `OpenHands sandbox proxy ${randomBytes(6).toString('hex')}`
  const certificate = makeCertificate({
    subject: { authority: name },
    issuer: name,
    publicKey,
    issuerKey: privateKey,
    notBefore: new Date(now - day),
    notAfter: new Date(now + authorityDays * day),
  })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) + certificate
}

function nameIn(certificate: string): string {
  return new X509Certificate(certificate).subject.replace(/^CN=/, '')
}

async function contentOf(path: string): Promise<string> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return ''
  }
  await using _ = file
  const stats = await file.stat()
  const isClosed = stats.isFile() && stats.uid === process.geteuid?.() && (stats.mode & 0o077) === 0
  return isClosed ? file.readFile('utf8') : ''
}

async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await using file = await open(temporary, 'wx', 0o600)
    await file.writeFile(text)
    await file.sync()
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}
