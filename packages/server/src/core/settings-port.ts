import type { UserSettings } from '@openhands/protocol'
import type { Secret } from '../lib/secret.ts'

/** What the operator has entrusted to the server, by names; values are for whoever sends them, never for events or logs. */
export interface Secrets {
  names(): readonly string[]
  get(name: string): Secret | undefined
  /** Resolves once it is kept. Throws on a name or a value that cannot be one. */
  set(name: string, secret: Secret): Promise<void>
  /** Resolves to whether there was one. */
  delete(name: string): Promise<boolean>
}

/** Keeps the user's settings, and the key for the model apart from them, encrypted. */
export interface SettingsStore {
  /** Undefined when none were ever kept. */
  load(): Promise<UserSettings | undefined>
  /** Changes what is given and nothing else; `llm_api_key` null deletes the key, absent leaves it. Durable when it resolves. */
  save(change: Partial<UserSettings> & { readonly llm_api_key?: Secret | null }): Promise<void>
  /** The key and the endpoint that it was entered for. */
  key(): Promise<Secret | undefined>
}
