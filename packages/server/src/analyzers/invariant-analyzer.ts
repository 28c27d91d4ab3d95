import type { Draft, RunnableAction } from '@openhands/protocol'
import type { AnalyzerAnswer, AnalyzerQuestion, Assessment, JudgedSession, SecurityAnalyzer } from '../core/ports.ts'
import { orAborted } from '../lib/signal.ts'
import { assessmentOf } from './findings.ts'
import { InvariantClient, InvariantError, type Monitor } from './invariant-client.ts'
import { answerPanel } from './panel.ts'
import { SessionTrace, type Telling } from './session-trace.ts'

export interface InvariantOptions {
  readonly url: string
  /** The longest that one action may wait for its judgement, whatever has to be set up for it. */
  readonly timeoutMs: number
}

/** What is set up at the judge for one policy; undefined is its own. */
interface Watched {
  readonly policy: string | undefined
  readonly made: Promise<Monitor>
}

/** Characters of an action that the judge is asked about: it judges the whole of it, or nobody does. */
const LONGEST_ACTION = 64 * 1024

/**
 * Asks an Invariant server what it thinks of an action. Whatever goes wrong is thrown, and what is thrown makes the
 * action wait for a yes; the next action asks again. The server is told what happened in the session and nothing else:
 * no name, no key, no hidden command.
 */
export class InvariantAnalyzer implements SecurityAnalyzer {
  readonly name = 'invariant'
  readonly #session: JudgedSession
  readonly #client: InvariantClient
  readonly #timeoutMs: number
  readonly #trace: SessionTrace
  readonly #ending = new AbortController()
  #monitor: Watched | undefined
  #begun: Promise<string> | undefined

  constructor(session: JudgedSession, { url, timeoutMs }: InvariantOptions) {
    this.#session = session
    this.#client = new InvariantClient(url)
    this.#timeoutMs = timeoutMs
    this.#trace = new SessionTrace(session)
  }

  async assess(action: Draft<RunnableAction>, signal: AbortSignal, before: readonly Draft[] = []): Promise<Assessment> {
    return await this.#within(signal, async limit => {
      const telling = await this.#trace.before(action, before)
      if (JSON.stringify(telling.pending).length > LONGEST_ACTION)
        return { risk: -1, reason: 'The action is too long for the Invariant server to be asked about it.' }
      return assessmentOf(await this.#check(telling, limit))
    })
  }

  async answer(question: AnalyzerQuestion, signal: AbortSignal): Promise<AnalyzerAnswer> {
    const session = this.#session
    try {
      return await this.#within(signal, async limit =>
        answerPanel(question, {
          session,
          policy: async () => session.rules().policy ?? (await this.#client.template(limit)),
          usePolicy: policy => this.#usePolicy(policy, limit),
          trace: () => this.#trace.past(),
        }),
      )
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error
      const isRefused = question.method === 'POST' && error.status !== undefined && error.status < 500
      const detail = isRefused ? 'The Invariant server does not accept this policy.' : error.message
      return { status: isRefused ? 400 : 502, json: { detail } }
    }
  }

  /** Leaves nothing at the judge, if that can be had; nobody waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new InvariantError('The session has ended.'))
    this.#forget()
  }

  async #check(telling: Telling, limit: AbortSignal): Promise<readonly string[]> {
    const monitor = this.#monitored()
    try {
      return await this.#client.check(await orAborted(monitor.made, limit), telling, limit)
    } catch (error) {
      if (!(error instanceof InvariantError) || error.status === undefined) throw error
      // A judge that was started again knows its sessions no more.
      if (this.#monitor === monitor) this.#forget()
      return await this.#client.check(await orAborted(this.#monitored().made, limit), telling, limit)
    }
  }

  /** The monitor for the policy that counts now, set up by whoever needs it first. */
  #monitored(): Watched {
    const { policy } = this.#session.rules()
    const present = this.#monitor
    if (present && present.policy === policy) return present
    const monitor = { policy, made: this.#watch(policy, AbortSignal.any([this.#ending.signal, this.#limit()])) }
    this.#monitor = monitor
    monitor.made.catch(() => {
      if (this.#monitor === monitor) this.#forget() // whoever waits for it has the failure; the next one tries again
    })
    return monitor
  }

  async #watch(policy: string | undefined, limit: AbortSignal): Promise<Monitor> {
    this.#begun ??= this.#client.begin(limit)
    const session = await this.#begun
    return await this.#client.watch(session, policy ?? (await this.#client.template(limit)), limit)
  }

  /** The next action is judged in a session of its own; what was set up for it is taken down behind its back. */
  #forget(): void {
    const ended = this.#begun?.then(session => this.#client.end(session, this.#limit()))
    ended?.catch(() => undefined) // the judge forgets old sessions by itself
    this.#monitor = undefined
    this.#begun = undefined
  }

  /** The judge has to take a policy before it counts. */
  async #usePolicy(policy: string, limit: AbortSignal): Promise<void> {
    const before = this.#begun
    let made = this.#watch(policy, limit)
    try {
      await made
    } catch (error) {
      const isForgotten = before !== undefined && error instanceof InvariantError && error.status === 404
      if (this.#begun !== before || isForgotten) this.#forget()
      if (!isForgotten) throw error
      made = this.#watch(policy, limit)
      await made
    }
    this.#monitor = { policy, made }
    await this.#session.change({ policy })
  }

  /** Does something in the time that there is for it. Rejects with the signal's reason, or whatever `work` throws. */
  async #within<T>(signal: AbortSignal, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    this.#ending.signal.throwIfAborted()
    const limit = AbortSignal.any([signal, this.#ending.signal, this.#limit()])
    try {
      return await orAborted(work(limit), limit)
    } catch (error) {
      signal.throwIfAborted()
      const isLate = error instanceof DOMException && error.name === 'TimeoutError'
      throw isLate
        ? new InvariantError(`The Invariant server did not answer within ${this.#timeoutMs / 1000} s.`)
        : error
    }
  }

  #limit(): AbortSignal {
    return AbortSignal.timeout(this.#timeoutMs)
  }
}
