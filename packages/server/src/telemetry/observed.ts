import { ConflictError, type EventStore, type Model, ModelError, type Models, type Runtimes } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import type { Trouble } from './trouble.ts'
import type { Watch } from './watch.ts'

/** A store that says how many appends it has not confirmed yet, and whether it fails. */
export interface ObservedStore extends EventStore {
  readonly waiting: number
}

/** The same store, its appends counted while they wait. */
export function observedStore(store: EventStore, trouble: Trouble): ObservedStore {
  let waiting = 0
  const onKept = (): void => {
    waiting--
    trouble.clear()
  }
  const onRefused = (error: unknown): void => {
    waiting--
    if (!(error instanceof ConflictError)) trouble.note(messageOf(error))
  }
  return {
    get waiting() {
      return waiting
    },
    append(session, after, events, head) {
      waiting++
      const appended = store.append(session, after, events, head)
      appended.then(onKept, onRefused)
      return appended
    },
    page: (session, from, limit, characters) => store.page(session, from, limit, characters),
    last: session => store.last(session),
    sessions: () => store.sessions(),
    delete: session => store.delete(session),
    saveSnapshot: (session, upTo, state) => store.saveSnapshot(session, upTo, state),
    snapshot: session => store.snapshot(session),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

/** The same sandboxes, their starts told of. */
export function observedRuntimes(runtimes: Runtimes, watch: Watch, trouble: Trouble): Runtimes {
  return {
    isolated: runtimes.isolated,
    workspaceOf: directory => runtimes.workspaceOf(directory),
    async start(request) {
      const end = watch.sandboxStart(request.session)
      try {
        const runtime = await runtimes.start(request)
        trouble.clear()
        end('ok')
        return runtime
      } catch (error) {
        if (!request.signal.aborted) trouble.note(messageOf(error))
        end(request.signal.aborted ? 'aborted' : 'failed')
        throw error
      }
    },
    forget: session => runtimes.forget(session),
    probe: () => runtimes.probe(),
    reap: () => runtimes.reap(),
  }
}

/** The same models, each of their calls told of. A model stays the same object as long as the one behind it does. */
export function observedModels(models: Models, watch: Watch): Models {
  const known = new WeakMap<Model, Model>()
  return {
    resolve(settings) {
      const model = models.resolve(settings)
      const observed = known.get(model) ?? observedModel(model, watch)
      known.set(model, observed)
      return observed
    },
  }
}

function observedModel(model: Model, watch: Watch): Model {
  return {
    name: model.name,
    contextTokens: model.contextTokens,
    acceptsImages: model.acceptsImages,
    ...(model.notice === undefined ? {} : { notice: model.notice }),
    async *stream(request, signal) {
      const end = watch.modelCall(request.session, model.name)
      let outcome = 'aborted' // unless it comes to an end of its own
      let attempt = 1
      try {
        for await (const chunk of model.stream(request, signal)) {
          if (chunk.type === 'retry' && chunk.retry.attempt !== attempt) {
            attempt = chunk.retry.attempt
            watch.modelRetry(chunk.retry.kind)
          }
          if (chunk.type === 'finish') outcome = 'ok'
          yield chunk
        }
      } catch (error) {
        outcome = signal.aborted ? 'aborted' : error instanceof ModelError ? error.kind : 'failed'
        throw error
      } finally {
        end(outcome)
      }
    },
  }
}
