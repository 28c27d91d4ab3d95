import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { trustedKeys } from './trusted-keys.ts'

/** What the browser of a sandbox is started with. */
export interface ChromiumOptions {
  readonly program: string
  /** A folder of its own for what it keeps while it runs. */
  readonly profile: string
  /** Its only way out; empty where there is none, or where none is needed. */
  readonly proxy: string
  /** A file with certificates to trust; empty for none. */
  readonly certificates: string
}

/** Pixels that a page and its pictures have. */
const viewport = { width: 1280, height: 720 } as const
/** How long, in milliseconds, the browser may take to start. */
const startLimit = 60_000

/**
 * What it does without being asked is turned off: there is nobody to reach. Servers inside the sandbox are reached
 * directly, as Chromium does by itself; all else, and only TCP, goes through the proxy.
 */
const flags = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
] as const

/**
 * Hosts that Chromium asks for things of its own, whatever it is told. They are tried directly, where nobody is reached,
 * so that the proxy does not have to refuse, and nobody to read, what no page wanted.
 */
const ownHosts = [
  'update.googleapis.com',
  'clients2.google.com',
  'clientservices.googleapis.com',
  'optimizationguide-pa.googleapis.com',
  'content-autofill.googleapis.com',
  'safebrowsing.googleapis.com',
  'android.clients.google.com',
  'mtalk.google.com',
  '*.gvt1.com',
] as const

/** Starts the browser; it is spoken to through a pipe, so that no port is open. */
export async function startChromium({
  program,
  profile,
  proxy,
  certificates,
}: ChromiumOptions): Promise<BrowserContext> {
  const { chromium } = await import('playwright-core')
  const keys = certificates === '' ? [] : trustedKeys(certificates)
  return chromium.launchPersistentContext(join(profile, 'data'), {
    executablePath: program,
    headless: true,
    // The sandbox around is the boundary; in it there are no name spaces for one of its own.
    chromiumSandbox: false,
    args: [
      ...flags,
      ...(proxy === '' ? [] : [`--proxy-server=${proxy}`, `--proxy-bypass-list=${ownHosts.join(';')}`]),
      ...(keys.length === 0 ? [] : [`--ignore-certificate-errors-spki-list=${keys.join(',')}`]),
    ],
    timeout: startLimit,
    viewport,
    acceptDownloads: true,
    downloadsPath: join(profile, 'downloads'),
    handleSIGHUP: false,
    handleSIGINT: false,
    handleSIGTERM: false,
  })
}
