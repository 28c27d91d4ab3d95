import { PassThrough } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** Bytes that may wait for a reader before it is let go. */
const MOST_WAITING = 1024 * 1024
/** How often a line without meaning is sent, so that nobody on the way takes the stream for dead, and a dead one is found. */
const BEAT_MS = 15_000
/** How long a client waits before it comes again, in milliseconds. */
const RETRY_MS = 2_000

/** Server-sent events: messages to one reader until it goes, or is let go because it does not read. */
export class ServerSentEvents {
  readonly #stream = new PassThrough({ highWaterMark: MOST_WAITING })
  readonly #beat: NodeJS.Timeout

  constructor() {
    this.#stream.on('error', () => undefined) // a reader that has gone is no failure
    this.#stream.on('close', () => clearInterval(this.#beat))
    this.#beat = setInterval(() => this.#write(':\n\n'), BEAT_MS)
    this.#beat.unref()
    this.#write(`retry: ${RETRY_MS}\n\n`)
  }

  /** Bytes that wait for the reader. */
  get waiting(): number {
    return this.#stream.writableLength + this.#stream.readableLength
  }

  /** Sends a message, as JSON, under a name; does nothing when nobody reads any more. */
  send(event: string, json: string): void {
    this.#write(`event: ${event}\ndata: ${json}\n\n`)
  }

  /** Calls back once, when the reader has gone. */
  onClosed(closed: () => void): void {
    if (this.#stream.destroyed) closed()
    else this.#stream.once('close', closed)
  }

  /** Nothing more comes. */
  end(): void {
    clearInterval(this.#beat)
    this.#stream.end()
  }

  /** Answers a request with this stream. */
  reply(reply: FastifyReply): FastifyReply {
    return reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no').send(this.#stream)
  }

  #write(text: string): void {
    if (this.#stream.destroyed || this.#stream.writableEnded) return
    if (this.waiting > MOST_WAITING) this.#stream.destroy()
    else this.#stream.write(text)
  }
}
