import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Counts } from './counts.ts'
import type { Tally } from './tally.ts'

/** Clients of one kind, and what waits to be sent to them. */
export interface Crowd {
  readonly kind: string
  readonly count: number
  /** Bytes that wait for all of them, and for the one that is furthest behind. */
  readonly waitingBytes: number
  readonly longestBytes: number
}

/** What is not counted but looked at when somebody asks. */
export interface Readings {
  /** Open sessions by the state of their agent. */
  sessions(): Promise<ReadonlyMap<string, number>>
  crowds(): readonly Crowd[]
  /** Appends that the store has not confirmed. */
  storeWaiting(): number
}

/** An answer to a scrape. */
export interface Exposition {
  readonly mediaType: string
  readonly text: string
}

const SANDBOX_BUCKETS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/**
 * The counts in the text format of Prometheus. The numbers of the process itself (`process_…`, `nodejs_…`, among them
 * the lag of the event loop since the scrape before) are taken from the first scrape on, so that nobody pays for what
 * nobody reads.
 */
export function exposition(counts: Counts, readings: Readings): () => Promise<Exposition> {
  const register = new Registry()
  collectDefaultMetrics({ register })
  addCounters(register, counts)
  addGauges(register, counts, readings)
  return async () => ({ mediaType: register.contentType, text: await register.metrics() })
}

function addCounters(register: Registry, counts: Counts): void {
  const counter = (name: string, help: string, tally: Tally): void => {
    new Counter({
      name: `openhands_${name}`,
      help,
      labelNames: tally.names,
      registers: [register],
      collect() {
        this.reset()
        for (const { labels, value } of tally.entries()) this.inc(labels, value)
      },
    })
  }
  counter('events_total', 'Events that were kept, by what they are.', counts.events)
  counter('model_calls_total', 'Calls of models that have ended, by how.', counts.modelCalls)
  counter('model_retries_total', 'Times that a model was to be asked again, by why.', counts.modelRetries)
  counter('tokens_total', 'Tokens that models have charged for, by kind.', counts.tokens)
  counter('cost_dollars_total', 'US dollars that models have cost, as far as their prices are known.', counts.cost)
  counter('answers_without_price_total', 'Answers of models whose price is not known.', counts.unpriced)
  counter('sandbox_starts_total', 'Sandboxes that were to be started, by how that ended.', counts.sandboxStarts)
  counter('http_requests_total', 'Requests that were answered, by route and status.', counts.requests)
}

function addGauges(register: Registry, counts: Counts, readings: Readings): void {
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (set: (value: number, labels: Readonly<Record<string, string>>) => void) => Promise<void> | void,
  ): void => {
    new Gauge({
      name: `openhands_${name}`,
      help,
      labelNames,
      registers: [register],
      async collect() {
        this.reset()
        await read((value, labels) => this.set(labels, value))
      },
    })
  }
  const tally = (name: string, help: string, of: Tally): void =>
    gauge(name, help, of.names, set => {
      for (const { labels, value } of of.entries()) set(value, labels)
    })
  gauge('sessions', 'Open sessions, by the state of their agent.', ['state'], async set => {
    for (const [state, count] of await readings.sessions()) set(count, { state })
  })
  gauge('connections', 'Clients that are connected, by kind.', ['kind'], set => {
    for (const { kind, count } of readings.crowds()) set(count, { kind })
  })
  gauge('client_queue_bytes', 'Bytes that wait to be sent to all clients of a kind.', ['kind'], set => {
    for (const { kind, waitingBytes } of readings.crowds()) set(waitingBytes, { kind })
  })
  gauge('client_queue_longest_bytes', 'Bytes that wait for the client that is furthest behind.', ['kind'], set => {
    for (const { kind, longestBytes } of readings.crowds()) set(longestBytes, { kind })
  })
  gauge('store_waiting_appends', 'Appends that the store has not confirmed yet.', [], set =>
    set(readings.storeWaiting(), {}),
  )
  tally('model_calls_in_flight', 'Calls of models that are under way.', counts.modelCallsInFlight)
  tally('http_requests_in_flight', 'Requests that are being answered, streams among them.', counts.requestsInFlight)
  addSandboxSeconds(register, counts)
}

function addSandboxSeconds(register: Registry, counts: Counts): void {
  new Histogram({
    name: 'openhands_sandbox_start_seconds',
    help: 'How long sandboxes took to start that did.',
    buckets: SANDBOX_BUCKETS,
    registers: [register],
    collect() {
      for (const seconds of counts.takeSandboxSeconds()) this.observe(seconds)
    },
  })
}
