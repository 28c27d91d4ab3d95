import type { IncomingMessage } from 'node:http'
import type { CallClocks } from './deadlines.ts'
import type { ProviderFailure } from './failure.ts'

const mostBytes = 64 * 1024 * 1024
const chunksAhead = 32
const drainMs = 1000
const endMark = Buffer.from('data: [DONE]\n\n')

/** How a body tells of its end. */
export interface BodyEvents {
  readonly clocks: CallClocks
  brokenOff(cause?: unknown): ProviderFailure
  /** Called once when no more is read, however it ended. */
  onEnd(): void
}

/** A body as a web stream together with a way to end it from outside. */
export interface Body {
  readonly stream: ReadableStream<Uint8Array>
  /** Ends the connection; whoever reads gets the reason. */
  fail(reason: unknown): void
}

/**
 * The answer's bytes with back-pressure, at most 64 MiB. It is over at OpenAI's end mark even where the server leaves
 * the connection open. When its reader lets go, the rest has one second to come so that the connection can serve again.
 */
export function bodyOf(message: IncomingMessage, events: BodyEvents): Body {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let bytes = 0
  const settle = (how: (to: ReadableStreamDefaultController<Uint8Array>) => void): void => {
    const to = controller
    if (!to) return
    controller = undefined
    events.clocks.stop()
    events.onEnd()
    how(to)
  }
  const fail = (reason: unknown): void => {
    settle(to => to.error(reason))
    message.destroy()
  }
  message.on('data', (chunk: Buffer) => {
    if (!controller) return
    events.clocks.byte()
    bytes += chunk.length
    if (bytes > mostBytes) return fail(events.brokenOff(new Error('it is larger than 64 MiB')))
    controller.enqueue(chunk)
    if (endsStream(chunk)) return settle(to => to.close())
    if ((controller.desiredSize ?? 0) > 0) return
    message.pause()
    events.clocks.pause()
  })
  message.on('end', () => settle(to => to.close()))
  message.on('error', cause => settle(to => to.error(events.brokenOff(cause))))
  message.on('close', () => settle(to => to.error(events.brokenOff())))
  const stream = new ReadableStream<Uint8Array>(
    {
      start: to => {
        controller = to
      },
      pull: () => {
        if (!message.isPaused()) return
        if (bytes > 0) events.clocks.byte()
        message.resume()
      },
      cancel: () => {
        settle(() => {})
        letGo(message)
      },
    },
    { highWaterMark: chunksAhead },
  )
  return { stream, fail }
}

function endsStream(chunk: Buffer): boolean {
  const at = chunk.length - endMark.length
  return at >= 0 && chunk.compare(endMark, 0, endMark.length, at) === 0
}

function letGo(message: IncomingMessage): void {
  if (message.complete || message.destroyed) return
  message.resume()
  const timer = setTimeout(() => message.destroy(), drainMs)
  timer.unref()
  message.once('close', () => clearTimeout(timer))
}

/** The first 64 KiB of a body as text; what is left is not read. */
export async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of message) {
      if (!Buffer.isBuffer(chunk)) break
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > 65_536) break
    }
  } catch {
    // A body that breaks off is quoted as far as it came.
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, 65_536).toWellFormed()
}
