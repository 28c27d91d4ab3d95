import { createInterface } from 'node:readline'
import { ActionSyntaxError } from './action-error.ts'
import { NotAllowed } from './addresses.ts'
import { BrowserSession, type SessionOptions } from './browser-session.ts'
import { fetchPage } from './fetch-page.ts'
import type { Page } from './page.ts'

/**
 * A program of its own beside the executor, because a browser's driver is larger than that: reads requests as lines of
 * JSON from its standard input, each with an `id` and `open` or `act`, or `cancel` with the id of one; answers each in a
 * line with a `page`, or with `refused` for the agent to read, or with `failed`. Its only argument holds what it works
 * with, as JSON; without a browser in it, pages are fetched. It ends, with the browser, when its input does.
 */
interface Request {
  readonly id: number
  readonly open?: string
  readonly act?: string
  readonly cancel?: boolean
}

/** How long, in milliseconds, the browser may take to end. */
const endLimit = 5000

// The executor writes it, see `browser-worker.ts`.
const options = JSON.parse(process.argv[2] ?? '{}') as SessionOptions
const running = new Map<number, AbortController>()
let session: Promise<BrowserSession> | undefined
let isEnding = false

async function carryOut({ open, act }: Request, signal: AbortSignal): Promise<Page> {
  if (options.program === '') return fetchPage(open ?? '', options.proxy, signal)
  session ??= BrowserSession.start(options, () => {
    if (isEnding) return
    process.stderr.write('The browser ended by itself.\n')
    process.exit(1)
  })
  const starting = session
  const browser = await starting.catch(error => {
    if (session === starting) session = undefined
    throw error
  })
  const stop = (): void => {
    browser.stop().catch(() => undefined)
  }
  signal.addEventListener('abort', stop, { once: true })
  return act === undefined ? browser.open(open ?? '', signal) : browser.act(act, signal)
}

async function answer(request: Request): Promise<void> {
  const abort = new AbortController()
  running.set(request.id, abort)
  try {
    const page = await carryOut(request, abort.signal)
    write({ id: request.id, page })
  } catch (error) {
    const isRefusal = error instanceof NotAllowed || error instanceof ActionSyntaxError
    const message = error instanceof Error ? error.message : String(error)
    write({ id: request.id, [isRefusal ? 'refused' : 'failed']: message })
  } finally {
    running.delete(request.id)
  }
}

function write(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

async function end(): Promise<void> {
  isEnding = true
  setTimeout(() => process.exit(1), endLimit).unref()
  const browser = await session?.catch(() => undefined)
  await browser?.close()
  process.exit(0)
}

const lines = createInterface({ input: process.stdin })
lines.on('line', line => {
  const request = JSON.parse(line) as Request
  if (request.cancel === true) running.get(request.id)?.abort(new Error('cancelled'))
  else answer(request).catch(error => process.stderr.write(`${String(error)}\n`))
})
lines.on('close', () => {
  end().catch(() => process.exit(1))
})
process.stdout.on('error', () => process.exit(1))
