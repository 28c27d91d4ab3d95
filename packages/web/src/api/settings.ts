import { RequestError, requestJson } from './request.ts'

/** What is kept of the user's settings; a key is shown as asterisks, or as null where there is none. */
export interface StoredSettings {
  readonly language: string | null
  readonly agent: string | null
  readonly max_iterations: number | null
  readonly security_analyzer: string | null
  readonly confirmation_mode: boolean | null
  readonly llm_model: string | null
  readonly llm_base_url: string | null
  readonly llm_api_key: string | null
}

/** The stored settings; null when none were ever saved. */
export async function readSettings(signal?: AbortSignal): Promise<StoredSettings | null> {
  try {
    return await requestJson<StoredSettings>('api/settings', signal ? { signal } : {})
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return null
    throw error
  }
}

/** Saves what is given and leaves the rest; a key of null deletes it. */
export async function saveSettings(change: Partial<StoredSettings>): Promise<void> {
  await requestJson('api/settings', { method: 'POST', json: change })
}

/** The names of the models that the server knows, for a list to choose from; others may be typed. */
export function readModels(signal?: AbortSignal): Promise<readonly string[]> {
  return requestJson('api/options/models', signal ? { signal } : {})
}
