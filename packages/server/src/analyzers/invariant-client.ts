import * as z from 'zod'
import type { Telling } from './session-trace.ts'

/** Bytes of one answer that are read. */
const LONGEST_ANSWER = 1024 * 1024

const Name = z.union([z.string().min(1).max(200), z.int()]).transform(String)
const NewSession = z.object({ id: Name })
const NewMonitor = z.object({ monitor_id: Name })
const Template = z.string().refine(text => text.trim() !== '', 'a policy has rules')
const Findings = z.array(z.string()).max(10_000)

/** The judge did not do what was asked of it; the message is one sentence that tells nothing of where it is. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
  /** The status of its answer; absent when there was none that could be read. */
  readonly status: number | undefined

  constructor(message: string, status?: number) {
    super(message)
    this.status = status
  }
}

/** A monitor of a session of the judge's, which both live in its memory. */
export interface Monitor {
  readonly session: string
  readonly id: string
}

/**
 * The interface of Invariant's server as analyzers of OpenHands 0.13.1 and 0.21.1 use it. Its sessions get names of its
 * own: ours stay here. Every method throws `InvariantError`, or the signal's reason.
 */
export class InvariantClient {
  readonly #base: string

  constructor(url: string) {
    this.#base = url.replace(/\/+$/, '')
  }

  /** Begins a session; resolves to its name. */
  async begin(signal: AbortSignal): Promise<string> {
    return (await this.#ask('GET', '/session/new', NewSession, signal)).id
  }

  /** Ends a session with all its monitors. */
  async end(session: string, signal: AbortSignal): Promise<void> {
    await this.#ask('DELETE', `/session/?session_id=${encodeURIComponent(session)}`, z.unknown(), signal)
  }

  /** The policy that the judge itself proposes. */
  template(signal: AbortSignal): Promise<string> {
    return this.#ask('GET', '/policy/template', Template, signal)
  }

  /** Makes a monitor that watches for what a policy names. */
  async watch(session: string, policy: string, signal: AbortSignal): Promise<Monitor> {
    const path = `/monitor/new?session_id=${encodeURIComponent(session)}`
    return { session, id: (await this.#ask('POST', path, NewMonitor, signal, { rule: policy })).monitor_id }
  }

  /** What a monitor finds in what is to happen; nothing is found in what is in order. */
  check({ session, id }: Monitor, { past, pending }: Telling, signal: AbortSignal): Promise<readonly string[]> {
    const path = `/monitor/${encodeURIComponent(id)}/check?session_id=${encodeURIComponent(session)}`
    return this.#ask('POST', path, Findings, signal, { past_events: past, pending_events: pending })
  }

  async #ask<T extends z.ZodType>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    schema: T,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<z.output<T>> {
    signal.throwIfAborted()
    const sent =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const answer = await fetch(`${this.#base}${path}`, { method, ...sent, redirect: 'error', signal }).catch(() => {
      signal.throwIfAborted()
      throw new InvariantError('The Invariant server cannot be reached.')
    })
    if (!answer.ok) {
      await answer.body?.cancel().catch(() => undefined) // what it says is of no use
      throw new InvariantError(`The Invariant server answered ${answer.status}.`, answer.status)
    }
    const parsed = schema.safeParse(await jsonOf(answer, signal))
    if (!parsed.success) throw new InvariantError('The Invariant server gave an answer that makes no sense.')
    return parsed.data
  }
}

/** Undefined for what is no JSON. */
async function jsonOf(answer: Response, signal: AbortSignal): Promise<unknown> {
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    for await (const piece of answer.body ?? []) {
      size += piece.length
      if (size > LONGEST_ANSWER) return undefined
      pieces.push(piece)
    }
    return JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}
