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

/** What the pages of OpenHands keep for their user (wire B2); null is what nobody has set. */
export interface UserSettings {
  readonly language: string | null
  readonly agent: string | null
  readonly max_iterations: number | null
  readonly security_analyzer: string | null
  readonly confirmation_mode: boolean | null
  readonly llm_model: string | null
  readonly llm_base_url: string | null
  readonly remote_runtime_resource_factor: number | null
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
