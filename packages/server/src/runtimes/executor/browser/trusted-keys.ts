import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'

/** Where distributions keep the certificates that their programs trust; Chromium brings its own. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const
/** More than these few are no additions but another system's certificates, which Chromium judges by itself. */
const mostKeys = 20

/**
 * The hashes by which Chromium is told to trust the certificates that a file has beyond the system's, as those of a proxy
 * that looks into connections; empty when there are none, or no such file.
 */
export function trustedKeys(path: string): string[] {
  const known = new Set([...systemBundles.flatMap(certificatesIn), ...rootCertificates.map(plain)])
  const added = certificatesIn(path).filter(certificate => !known.has(certificate))
  return added.length > mostKeys ? [] : added.flatMap(keyHash)
}

function certificatesIn(path: string): string[] {
  try {
    const text = readFileSync(path, 'utf8')
    return (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(plain)
  } catch {
    return []
  }
}

function plain(certificate: string): string {
  return certificate.replace(/\s+/g, '\n').replaceAll('BEGIN\nCERT', 'BEGIN CERT').replaceAll('END\nCERT', 'END CERT')
}

function keyHash(certificate: string): string[] {
  try {
    const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
    return [createHash('sha256').update(key).digest('base64')]
  } catch {
    return []
  }
}
