import type { Conversation, Event, SessionId } from '@openhands/protocol'
import { Tally } from './tally.ts'
import type { End, SeenRequest, Watch } from './watch.ts'

/** Durations that may wait to be read; of more the oldest are forgotten, and their number is known all the same. */
const MOST_DURATIONS = 10_000

/** Counts what happens from the moment the server started; what is in the log is counted from the log. */
export class Counts implements Watch {
  /** Events that were kept. */
  readonly events = new Tally('type', 'kind')
  /** Tokens that models have charged for. */
  readonly tokens = new Tally('kind')
  /** US dollars, as far as prices are known. */
  readonly cost = new Tally()
  /** Answers whose price is not known. */
  readonly unpriced = new Tally()
  readonly modelCalls = new Tally('outcome')
  readonly modelRetries = new Tally('kind')
  readonly sandboxStarts = new Tally('outcome')
  readonly requests = new Tally('method', 'route', 'status')
  readonly requestsInFlight = new Tally('route')
  readonly modelCallsInFlight = new Tally()
  #sandboxSeconds: number[] = []

  constructor() {
    for (const one of [this.cost, this.unpriced, this.modelCallsInFlight]) one.add(0)
    for (const outcome of ['ok', 'failed', 'aborted']) this.sandboxStarts.add(0, outcome)
    for (const kind of ['prompt', 'completion', 'cache_read', 'cache_write']) this.tokens.add(0, kind)
    this.modelCalls.add(0, 'ok')
  }

  kept(_: SessionId, events: readonly Event[], _state: Conversation): void {
    for (const event of events) {
      if ('action' in event) this.events.add(1, 'action', event.action)
      else this.events.add(1, 'observation', event.observation)
      const spent = event.llm_metrics
      if (spent === undefined) continue
      this.tokens.add(spent.prompt_tokens, 'prompt')
      this.tokens.add(spent.completion_tokens, 'completion')
      this.tokens.add(spent.cache_read_tokens, 'cache_read')
      this.tokens.add(spent.cache_write_tokens, 'cache_write')
      if (spent.cost === null) this.unpriced.add(1)
      else this.cost.add(spent.cost)
    }
  }

  modelCall(): End {
    this.modelCallsInFlight.add(1)
    return outcome => {
      this.modelCallsInFlight.add(-1)
      this.modelCalls.add(1, outcome)
    }
  }

  modelRetry(kind: string): void {
    this.modelRetries.add(1, kind)
  }

  sandboxStart(): End {
    const began = performance.now()
    return outcome => {
      this.sandboxStarts.add(1, outcome)
      if (outcome !== 'ok') return
      this.#sandboxSeconds.push((performance.now() - began) / 1000)
      if (this.#sandboxSeconds.length > MOST_DURATIONS) this.#sandboxSeconds.shift()
    }
  }

  request({ method, route = 'none' }: SeenRequest): End {
    this.requestsInFlight.add(1, route)
    return outcome => {
      this.requestsInFlight.add(-1, route)
      this.requests.add(1, method, route, outcome)
    }
  }

  /** The durations of sandbox starts since this was last asked, in seconds. */
  takeSandboxSeconds(): readonly number[] {
    const taken = this.#sandboxSeconds
    this.#sandboxSeconds = []
    return taken
  }
}
