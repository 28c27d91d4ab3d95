import * as z from 'zod'
import type { SettingsStore, UserSettings } from '../core/ports.ts'
import { present } from '../lib/present.ts'
import { Secret } from '../lib/secret.ts'
import type { Routes } from './door-parts.ts'
import { RouteError, read, routesWithDetails } from './route-errors.ts'

/** What stands for a key that is set, in the words of 0.21.1 (wire D1.15). */
export const KEY_MARK = '**********'

/** Empty text is no setting (wire D2.4). */
const text = z
  .string()
  .max(2000)
  .transform(value => value.trim() || null)
  .nullable()
  .optional()

/** What pages post; fields that are not given stay as they are (P31). Unknown ones are ignored, as the original does. */
const Posted = z.object({
  language: text,
  agent: text,
  max_iterations: z.int().positive().nullable().optional(),
  security_analyzer: text,
  confirmation_mode: z.boolean().nullable().optional(),
  llm_model: text,
  llm_base_url: text,
  remote_runtime_resource_factor: z.number().nullable().optional(),
  llm_api_key: z.string().max(8192).nullable().optional(),
})

/** `GET` and `POST /api/settings` (wire B2): a key goes in and never comes out (S20). */
export const settingsRoutes: Routes = (app, { settings, log }) => {
  routesWithDetails(app, log, scope => {
    scope.get('/api/settings', async () => {
      const stored = await settings.load()
      if (!stored) throw new RouteError(404, { error: 'Settings not found' })
      return shown(stored, (await settings.key()) !== undefined)
    })
    scope.post('/api/settings', async request => {
      await settings.save(changeOf(read(Posted, request.body, 'body')))
      return { message: 'Settings stored' }
    })
  })
}

/** As 0.21.1 lists them; a key that was entered for another endpoint counts as none. */
function shown(stored: UserSettings, hasKey: boolean): Record<string, unknown> {
  const { llm_base_url, remote_runtime_resource_factor, ...first } = stored
  return { ...first, llm_api_key: hasKey ? KEY_MARK : null, llm_base_url, remote_runtime_resource_factor }
}

/** Null deletes the key; the mark of either version, or nothing, is what a page sends that does not know it. */
function changeOf({ llm_api_key, ...fields }: z.infer<typeof Posted>): Parameters<SettingsStore['save']>[0] {
  const change = present(fields)
  if (llm_api_key === null) return { ...change, llm_api_key }
  const key = llm_api_key?.trim() ?? ''
  return key === '' || key === 'SET' || /^\*+$/.test(key) ? change : { ...change, llm_api_key: new Secret(key) }
}
