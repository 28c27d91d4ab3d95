import type { StoredSettings } from '@openhands/protocol'
import { requestJson } from './request.ts'

/** The stored settings; null when none were ever saved. */
export function readSettings(signal?: AbortSignal): Promise<StoredSettings | null> {
  return requestJson('api/settings?unset=null', signal ? { signal } : {})
}

/** Saves what is given and leaves the rest; a key of null deletes it. */
export async function saveSettings(change: Partial<StoredSettings>): Promise<void> {
  await requestJson('api/settings', { method: 'POST', json: change })
}

/** The names of the models that the server knows, for a list to choose from; others may be typed. */
export function readModels(signal?: AbortSignal): Promise<readonly string[]> {
  return requestJson('api/options/models', signal ? { signal } : {})
}
