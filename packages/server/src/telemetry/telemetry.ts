import type { EventStore, Log, Models, Runtimes } from '../core/ports.ts'
import { Counts } from './counts.ts'
import type { Exposition, Readings } from './exposition.ts'
import { type ObservedStore, observedModels, observedRuntimes, observedStore } from './observed.ts'
import { openTracing } from './tracing.ts'
import { Trouble } from './trouble.ts'
import { all, type Watch } from './watch.ts'

export interface TelemetryOptions {
  /** Where spans are sent, the path included; absent: there are none, and nothing for them is loaded. */
  readonly spansUrl?: string
  readonly serviceName: string
  readonly log: Log
}

/** What the server knows of its own work. Disposing it sends the last spans. */
export interface Telemetry extends AsyncDisposable {
  readonly watch: Watch
  /** What was last wrong with the store, and with starting sandboxes. */
  readonly storeTrouble: Trouble
  readonly sandboxTrouble: Trouble
  store(store: EventStore): ObservedStore
  models(models: Models): Models
  runtimes(runtimes: Runtimes): Runtimes
  /** The numbers in the text format of Prometheus; `readings` are those of the first call. */
  metrics(readings: Readings): Promise<Exposition>
}

/** Starts to count, and to trace where there is somewhere to send spans to. */
export async function openTelemetry({ spansUrl, serviceName, log }: TelemetryOptions): Promise<Telemetry> {
  const counts = new Counts()
  const tracing = spansUrl === undefined ? undefined : await openTracing({ url: spansUrl, serviceName, log })
  const watch = all(tracing ? [counts, tracing.spans] : [counts])
  const [storeTrouble, sandboxTrouble] = [new Trouble(), new Trouble()]
  let expose: Promise<() => Promise<Exposition>> | undefined
  return {
    watch,
    storeTrouble,
    sandboxTrouble,
    store: store => observedStore(store, storeTrouble),
    models: models => observedModels(models, watch),
    runtimes: runtimes => observedRuntimes(runtimes, watch, sandboxTrouble),
    async metrics(readings) {
      expose ??= import('./exposition.ts').then(({ exposition }) => exposition(counts, readings))
      return await (await expose)()
    },
    [Symbol.asyncDispose]: async () => await tracing?.[Symbol.asyncDispose](),
  }
}
