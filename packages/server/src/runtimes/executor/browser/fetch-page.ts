import { checkedAddress, NotAllowed } from './addresses.ts'
import { toMarkdown } from './markdown.ts'
import { bounded, type Page } from './page.ts'
import { refusalOfProxy } from './refusal-of-proxy.ts'
import { noWayOut } from './trouble.ts'

/** Milliseconds for the whole, redirects, bytes of an answer, and UTF-16 units of HTML that are read as text. */
const timeLimit = 30_000
const redirectLimit = 5
const bytesLimit = 10 * 1024 ** 2
const htmlLimit = 3_000_000

/**
 * Reads a page as its server sends it, without a browser: nothing in it runs. The environment names the proxy. Failures
 * are told in the page; throws `NotAllowed` for an address that may not be opened, or the signal's reason.
 */
export async function fetchPage(address: string, proxy: string, signal: AbortSignal): Promise<Page> {
  let url = checkedAddress(address, [])
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeLimit)])
  try {
    for (let redirects = 0; ; redirects++) {
      const response = await fetch(url, { redirect: 'manual', signal: limit, headers: { accept } })
      const next = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null
      if (next === null) return await pageOf(response, url)
      await response.body?.cancel()
      if (redirects === redirectLimit) return failed(url, `It leads on more than ${redirectLimit} times.`)
      url = checkedAddress(URL.parse(next, url)?.href ?? next, [])
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof NotAllowed) throw error
    if (limit.aborted) return failed(url, `It did not come within ${timeLimit} ms.`)
    const refusal = proxy === '' ? '' : await refusalOfProxy(proxy, url, signal)
    return failed(url, refusal || reasonOf(error, url, proxy))
  }
}

const accept = 'text/html,application/xhtml+xml,text/*;q=0.9,application/json;q=0.9,*/*;q=0.1'

async function pageOf(response: Response, url: string): Promise<Page> {
  const type = response.headers.get('content-type')?.toLowerCase() ?? 'text/html'
  const error = response.ok ? '' : `The server answered ${response.status} ${response.statusText}`.trim() + '.'
  if (!/^(?:text\/|application\/(?:[\w.+-]*(?:json|xml|javascript|yaml)))/.test(type)) {
    await response.body?.cancel()
    const kind = type.split(';')[0]
    return failed(
      url,
      `It is ${kind}, not text. Save it with a command such as curl -LO and look at it with a program for it.`,
    )
  }
  const { bytes, isWhole } = await bytesOf(response)
  const text = new TextDecoder(encodingOf(type, bytes)).decode(bytes)
  const notes = isWhole ? [] : [`Only the first ${bytesLimit} bytes were read.`]
  const isPage = /^(?:text\/html|application\/xhtml)/.test(type)
  return bounded({
    ...empty(url),
    title: isPage ? titleOf(text) : '',
    text: isPage ? readable(text, url) : text,
    notes,
    error,
  })
}

function readable(html: string, url: string): string {
  try {
    return toMarkdown(html.slice(0, htmlLimit), url)
  } catch (error) {
    if (error instanceof RangeError) return '[This page is nested too deeply to be read as text.]'
    throw error
  }
}

async function bytesOf(response: Response): Promise<{ bytes: Buffer; isWhole: boolean }> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of response.body ?? []) {
    pieces.push(piece)
    size += piece.length
    if (size > bytesLimit) break
  }
  return { bytes: Buffer.concat(pieces).subarray(0, bytesLimit), isWhole: size <= bytesLimit }
}

/** By the header, or what the beginning of the page says of itself; unknown names count as UTF-8. */
function encodingOf(type: string, bytes: Buffer): string {
  const named = /charset=["']?([\w-]+)/i
  const name = (named.exec(type) ?? named.exec(bytes.toString('latin1', 0, 2048)))?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(name).encoding
  } catch {
    return 'utf-8'
  }
}

function titleOf(html: string): string {
  const title = /<title[^>]*>([^<]*)/i.exec(html.slice(0, 100_000))?.[1] ?? ''
  return toMarkdown(`<p>${title}</p>`, 'about:blank').replace(/\s+/g, ' ')
}

function reasonOf(error: unknown, url: string, proxy: string): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const reason = cause instanceof Error ? cause.message : String(cause)
  return `${reason}. ${noWayOut(url, proxy)}`.trim()
}

function empty(url: string): Page {
  return {
    url,
    title: '',
    text: '',
    tree: '',
    screenshot: '',
    tabs: [url],
    activeTab: 0,
    focused: '',
    notes: [],
    error: '',
  }
}

function failed(url: string, reason: string): Page {
  return bounded({ ...empty(url), error: `${url.slice(0, 200)} could not be read: ${reason}` })
}
