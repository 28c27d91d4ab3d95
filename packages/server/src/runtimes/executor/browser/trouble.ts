import { networkInterfaces } from 'node:os'
import { shortened } from './page.ts'
import { refusalOfProxy } from './refusal-of-proxy.ts'

const colours = /\x1b\[[\d;]*m/g
/** Lines of the driver's log that a failed call tells, and the UTF-16 units of each. */
const lineCount = 4
const lineLimit = 300
/** Lines that say only what was tried. */
const idle = /^- (?:waiting|attempting|retrying|scrolling|done|locator resolved|waiting for)/

/** Why a page could not be opened, in words; `proxy` is the only way out, empty without one. */
export async function whyNotOpened(
  error: unknown,
  address: string,
  proxy: string,
  signal: AbortSignal,
): Promise<string> {
  const message = error instanceof Error ? error.message : String(error)
  // Chromium's own name for what went wrong; the driver has it nowhere else.
  const code = /net::(ERR_\w+)/.exec(message)?.[1] ?? ''
  const place = shortened(address, 200)
  if (proxy !== '' && /^ERR_(?:TUNNEL|PROXY|HTTP_RESPONSE|EMPTY)/.test(code)) {
    const refusal = await refusalOfProxy(proxy, address, signal)
    if (refusal !== '') return `${place} could not be opened: ${refusal}`
  }
  if (code === 'ERR_CONNECTION_REFUSED') return `${place} could not be opened: nothing listens there (${code}).`
  if (code === '') return `${place} could not be opened: ${explained(error)}`
  return `${place} could not be opened (${code}). ${noWayOut(address, proxy)}`.trim()
}

/** What to say of an address outside where nothing but servers inside can be reached; empty otherwise. */
export function noWayOut(address: string, proxy: string): string {
  const host = URL.parse(address)?.hostname ?? ''
  const isInside = /^(?:(?:.*\.)?localhost|127\..*|\[::1\])$/.test(host)
  const hasNetwork = Object.values(networkInterfaces()).some(list => list?.some(each => !each.internal))
  if (isInside || proxy !== '' || hasNetwork) return ''
  return 'This sandbox has no network: only servers inside it can be opened, as http://localhost:3000/.'
}

/** A failure of the driver in few lines: what it waited for, and what stood in the way. */
export function explained(error: unknown): string {
  const [first = '', ...log] = (error instanceof Error ? error.message : String(error)).replace(colours, '').split('\n')
  const said = first.replace(/^(?:page|locator|mouse|keyboard|elementHandle|frame)\.\w+: /, '')
  const reasons = new Set(log.map(line => line.trim()).filter(line => line.startsWith('- ') && !idle.test(line)))
  const lines = [...reasons].slice(-lineCount).map(line => shortened(line, lineLimit))
  return [shortened(said, lineLimit), ...lines].join('\n').replace(/locator\('aria-ref=e?(\w+)'\)/g, '[$1]')
}
