import type { LanguageModelV4, SharedV4ProviderOptions } from '@ai-sdk/provider'
import type { SessionId } from '@openhands/protocol'
import type { Endpoint } from './endpoint.ts'
import { withSentHistory } from './sent-history.ts'

/** Loads the one provider's library that is needed and makes its model; some 100 ms and 20 MB the first time. */
export async function loadLanguageModel(
  endpoint: Endpoint,
  fetch: typeof globalThis.fetch,
): Promise<Pick<LanguageModelV4, 'doStream'>> {
  const make = await libraryFor(endpoint)
  return withSentHistory(endpoint.address.dialect, fetch, make)
}

async function libraryFor(endpoint: Endpoint): Promise<(fetch: typeof globalThis.fetch) => LanguageModelV4> {
  const { dialect, model, baseUrl: baseURL } = endpoint.address
  // The libraries would take a missing key from the environment; an empty one is left out by our fetch.
  const settings = { baseURL, apiKey: endpoint.key() ?? '' }
  switch (dialect) {
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic')
      return fetch => createAnthropic({ ...settings, fetch }).languageModel(model)
    }
    case 'responses': {
      const { createOpenAI } = await import('@ai-sdk/openai')
      return fetch => createOpenAI({ ...settings, fetch }).responses(model)
    }
    case 'google': {
      const { createGoogle } = await import('@ai-sdk/google')
      return fetch => createGoogle({ ...settings, fetch }).languageModel(model)
    }
    case 'chat': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
      const chat = { ...settings, name: 'compatible', includeUsage: true }
      return fetch => createOpenAICompatible({ ...chat, fetch }).chatModel(model)
    }
  }
}

/** What a dialect needs said beside the prompt. */
export function optionsFor(endpoint: Endpoint, session: SessionId): SharedV4ProviderOptions {
  switch (endpoint.address.dialect) {
    case 'anthropic':
      // Arguments of calls come checked and whole: nothing of a call is used before it is complete.
      return { anthropic: { toolStreaming: false } }
    case 'responses':
      // Nothing is kept at the provider's: reasoning comes back sealed and is sent again.
      return { openai: { store: false, promptCacheKey: session } }
    default:
      return {}
  }
}
