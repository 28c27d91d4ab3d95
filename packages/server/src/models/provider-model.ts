import { randomUUID } from 'node:crypto'
import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { Model, ModelChunk, ModelRequest } from '../core/ports.ts'
import { Answer } from './answer.ts'
import type { Endpoint } from './endpoint.ts'
import { brokenOff, failureOf } from './errors.ts'
import type { Facts } from './facts.ts'
import { loadLanguageModel, optionsFor } from './language-model.ts'
import { PromptWriter } from './prompt.ts'

/** What the server's owner fixes for every request; absent means the provider's default. */
export interface Sampling {
  readonly temperature?: number
  readonly topP?: number
}

export interface ProviderModelOptions {
  readonly endpoint: Endpoint
  readonly facts: Facts
  readonly sampling: Sampling
  readonly fetch: typeof globalThis.fetch
}

/** A model that can be loaded before it is first asked. */
export interface LoadableModel extends Model {
  /** Starts loading what the model needs; its failure shows when the model is asked. */
  preload(): void
}

/**
 * One provider's model without any retry: a call that fails or whose answer breaks off throws a `ProviderFailure`.
 * Tool calls come after everything else and only when the answer is complete.
 */
export function providerModel(options: ProviderModelOptions): LoadableModel {
  const { endpoint, facts, sampling, fetch } = options
  const { name, dialect } = endpoint.address
  const writer = new PromptWriter({ name, dialect, acceptsImages: facts.acceptsImages })
  let loading: ReturnType<typeof loadLanguageModel> | undefined
  const load = (): ReturnType<typeof loadLanguageModel> => {
    loading ??= loadLanguageModel(endpoint, fetch)
    return loading
  }
  const callOptions = (request: ModelRequest, signal: AbortSignal): LanguageModelV4CallOptions => ({
    ...writer.write(request),
    ...sampling,
    ...(facts.maxOutputTokens === undefined ? {} : { maxOutputTokens: facts.maxOutputTokens }),
    providerOptions: optionsFor(endpoint, request.session),
    abortSignal: signal,
  })
  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelChunk> {
    signal.throwIfAborted()
    const isTaken = (id: string): boolean => writer.callIds(request.messages).has(id)
    const answer = new Answer({ name, price: facts.price, isTaken, freshId: randomUUID })
    try {
      const model = await load()
      const { stream: parts } = await model.doStream(callOptions(request, signal))
      for await (const part of read(parts)) {
        if (part.type === 'error') throw failureOf(endpoint, part.error)
        const finished = yield* answer.take(part)
        if (finished) return
      }
    } catch (thrown) {
      signal.throwIfAborted()
      throw failureOf(endpoint, thrown)
    }
    throw brokenOff(endpoint)
  }
  return {
    name,
    contextTokens: facts.contextTokens,
    acceptsImages: facts.acceptsImages,
    stream,
    preload: () => {
      load().catch(() => {}) // the same promise is awaited, and its failure shown, by the first stream
      new Headers() // Node loads its web interfaces, some 30 ms, when one of them is first used
    },
  }
}

/** The parts of a stream; whoever stops reading early lets go of it. */
async function* read(parts: ReadableStream<LanguageModelV4StreamPart>): AsyncGenerator<LanguageModelV4StreamPart> {
  const reader = parts.getReader()
  let open = true
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) {
        open = false
        return
      }
      yield value
    }
  } catch (error) {
    open = false
    throw error
  } finally {
    if (open) reader.cancel().catch(() => {}) // nobody is left to whom its end matters
  }
}
