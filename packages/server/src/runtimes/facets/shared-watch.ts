import { z } from 'zod'
import type { FilesChanged, Outcome } from '../../core/ports.ts'
import { orAborted } from '../../lib/signal.ts'
import type { ExecutorLink, OpenedStream } from '../executor-link.ts'

const Changes = z.object({ paths: z.array(z.string().max(8192)).max(1000), all: z.boolean() })
/** Bytes that one message may have. */
const lineLimit = 8 * 1024 * 1024

interface Listener {
  readonly onChange: (change: FilesChanged) => void
}

/** One watch of a workspace for all who want to know; it begins with the first and ends with the last. */
export class SharedWatch {
  readonly #link: ExecutorLink
  readonly #listeners = new Set<Listener>()
  #opening: Promise<Outcome<OpenedStream>> | undefined

  constructor(link: ExecutorLink) {
    this.#link = link
  }

  /** Resolves when changes from now on are told to `onChange`; that ends with the signal. */
  async join(onChange: (change: FilesChanged) => void, signal: AbortSignal): Promise<Outcome<Record<never, never>>> {
    signal.throwIfAborted()
    const listener: Listener = { onChange }
    const leave = (): void => this.#leave(listener)
    this.#listeners.add(listener)
    signal.addEventListener('abort', leave, { once: true })
    const opened = await orAborted(this.#opening ?? this.#open(), signal)
    if (opened.ok) return { ok: true }
    signal.removeEventListener('abort', leave)
    leave()
    return opened
  }

  #open(): Promise<Outcome<OpenedStream>> {
    const opening = this.#link.openStream({ method: 'files_watch', params: {} }, new AbortController().signal)
    this.#opening = opening
    const read = opening.then(opened => (opened.ok ? this.#read(opened) : undefined))
    const forget = (): void => {
      if (this.#opening === opening) this.#opening = undefined
    }
    // A sandbox that is lost says so elsewhere.
    read.then(forget, forget).catch(() => undefined)
    return opening
  }

  async #read({ stream }: OpenedStream): Promise<void> {
    await using held = stream
    let rest = Buffer.alloc(0)
    for await (const bytes of held.output) {
      const lines = Buffer.concat([rest, bytes])
      const end = lines.lastIndexOf(0x0a)
      rest = Buffer.from(lines.subarray(end + 1))
      if (rest.length > lineLimit) this.#link.read(z.never(), undefined)
      for (const line of lines.toString('utf8', 0, Math.max(end, 0)).split('\n')) this.#tell(line)
    }
  }

  #tell(line: string): void {
    if (line === '') return
    const changes = this.#link.read(Changes, parse(line))
    for (const { onChange } of [...this.#listeners]) onChange(changes)
  }

  #leave(listener: Listener): void {
    this.#listeners.delete(listener)
    const opening = this.#opening
    if (this.#listeners.size > 0 || opening === undefined) return
    this.#opening = undefined
    const ended = opening.then(opened => (opened.ok ? opened.stream[Symbol.asyncDispose]() : undefined))
    ended.catch(() => undefined)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
