import { chmod, readFile, writeFile } from 'node:fs/promises'
import { getCACertificates, rootCertificates } from 'node:tls'

/** Where distributions keep the certificates that their programs trust. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const

/** Writes a file with the certificates that the system trusts and more, readable by everybody; resolves to its path. */
export async function writeBundle(path: string, more: readonly string[]): Promise<string> {
  const found = await Promise.all(systemBundles.map(bundle => readFile(bundle, 'utf8').catch(() => '')))
  const system = found.find(text => text !== '') ?? rootCertificates.join('\n')
  await writeFile(path, [system, ...more].map(text => `${text.trimEnd()}\n`).join(''))
  await chmod(path, 0o644)
  return path
}

/** The certificates by which the proxy itself judges servers: those of Node.js, which `NODE_EXTRA_CA_CERTS` adds to, and more. */
export function trustedBy(more: readonly string[]): string[] {
  return [...getCACertificates('default'), ...more]
}
