import * as z from 'zod'

/* ---- GET /api/settings ---- */

/** What the server keeps for its user (wire B2); null is what nobody has set. */
export const StoredSettings = z.object({
  language: z.string().nullable(),
  agent: z.string().nullable(),
  max_iterations: z.int().nullable(),
  security_analyzer: z.string().nullable(),
  confirmation_mode: z.boolean().nullable(),
  llm_model: z.string().nullable(),
  llm_api_key: z.string().nullable().meta({ description: 'Stars where there is one.' }),
  llm_base_url: z.string().nullable(),
  remote_runtime_resource_factor: z.number().nullable(),
})
export type StoredSettings = Readonly<z.infer<typeof StoredSettings>>

/** The same without the key, which is kept apart from them. */
export type UserSettings = Omit<StoredSettings, 'llm_api_key'>

/* ---- POST /api/settings/test ---- */

const field = z.string().max(2000).nullable().optional()

/**
 * A model, where it is and the key for it, before they are saved. What is absent is as it is stored, empty is as the
 * server has it. The stored key is used for the endpoint that it was entered for and for no other (S21).
 */
export const ModelTest = z.object({
  llm_model: field,
  llm_base_url: field,
  llm_api_key: z.string().max(8192).nullable().optional(),
})
export type ModelTest = z.infer<typeof ModelTest>

/** What is wrong with a model, by what can be done about it. */
export const ModelTestKind = z.enum([
  'auth',
  'payment',
  'not_found',
  'rate_limit',
  'overloaded',
  'context_overflow',
  'bad_request',
  'bad_response',
  'timeout',
  'network',
  'configuration',
])

/** Whether the model has answered. `message` is the provider's own words, keys masked; `field` is the setting to look at first. */
export const ModelTested = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    /** `provider/model`. */
    model: z.string(),
    /** Until it said the first thing. */
    milliseconds: z.int().nonnegative(),
    /** Something to know although it works, such as that it is the recorded demonstration. */
    notice: z.string().optional(),
  }),
  z.object({
    ok: z.literal(false),
    kind: ModelTestKind,
    message: z.string(),
    remedy: z.string(),
    field: z.enum(['llm_model', 'llm_base_url', 'llm_api_key']).optional(),
  }),
])
export type ModelTested = z.infer<typeof ModelTested>

/* ---- GET /api/server ---- */

/** What the server was started with and clients cannot change. `value` is null where nothing was said; no secret is among them. */
export const ServerSetting = z.object({
  name: z.string(),
  group: z.enum(['model', 'sandbox', 'network', 'limits', 'policy']),
  value: z.union([z.string(), z.number(), z.boolean()]).nullable(),
  /** What changes it: an option of the command line, an environment name, a place in the file of settings. */
  option: z.string().optional(),
  env: z.string().optional(),
  toml: z.string(),
  /** A sentence, with what counts where nothing was said in square brackets. */
  about: z.string(),
})
export type ServerSetting = z.infer<typeof ServerSetting>

export const ServerInfo = z.object({ settings: z.array(ServerSetting) })
export type ServerInfo = z.infer<typeof ServerInfo>

/* ---- GET /api/conversations/:id/model ---- */

/** The model of a session, as far as it is known without asking it; null where its settings name none that can be had. */
export const ModelFacts = z.object({
  model: z
    .object({
      name: z.string(),
      /** Tokens that a prompt may have. */
      context_tokens: z.int().positive(),
      accepts_images: z.boolean(),
    })
    .nullable(),
})
export type ModelFacts = z.infer<typeof ModelFacts>
