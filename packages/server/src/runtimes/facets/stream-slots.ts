import type { Outcome } from '../../core/ports.ts'
import type { Request } from '../executor-client.ts'
import type { ExecutorLink, OpenedStream } from '../executor-link.ts'

/** Streams of files that a session may have at a time: slow readers must not use up the requests of its agent. */
const streamLimit = 24

/** Opens streams with an executor, a bounded number of them, whose output throws when it was not all. */
export class StreamSlots {
  readonly #link: ExecutorLink
  #taken = 0

  constructor(link: ExecutorLink) {
    this.#link = link
  }

  /** See `ExecutorLink.openStream`. */
  async open(request: Omit<Request, 'onData'>, signal: AbortSignal): Promise<Outcome<OpenedStream>> {
    if (this.#taken >= streamLimit) {
      return { ok: false, message: `Not more than ${streamLimit} files can be transferred at a time; try again later.` }
    }
    this.#taken++
    const free = (): void => {
      this.#taken--
    }
    try {
      const opened = await this.#link.openStream(request, signal)
      if (!opened.ok) free()
      else opened.reply.then(free, free)
      return opened.ok ? { ...opened, stream: { ...opened.stream, output: wholeOutput(opened) } } : opened
    } catch (error) {
      free()
      throw error
    }
  }
}

/** What a stream brings; then throws when the executor could not bring all. */
async function* wholeOutput({ stream, reply }: OpenedStream): AsyncGenerator<Uint8Array, void> {
  yield* stream.output
  const answer = await reply
  if (answer.type !== 'result') throw new Error(answer.message)
}
