import { StoredSettings, type UserSettings } from '@openhands/protocol'
import * as z from 'zod'
import type { SettingsStore } from '../core/ports.ts'
import { present } from '../lib/present.ts'
import { Secret } from '../lib/secret.ts'
import type { Routes } from './door-parts.ts'
import { RouteError, routesWithDetails } from './route-errors.ts'
import { bodyOf, contract, ErrorBody, queryOf } from './route-schema.ts'

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

const listing = contract({
  summary: 'The settings of the user, without the key',
  tags: ['settings'],
  querystring: z.object({
    unset: z
      .literal('null')
      .optional()
      .meta({ description: 'Answers null, and not 404, where none were ever stored.' }),
  }),
  response: {
    200: StoredSettings.nullable(),
    404: ErrorBody.meta({ description: 'None were ever stored, and they were not asked for with `unset=null`.' }),
  },
})
const storing = contract({
  summary: 'Changes the settings that are given; running sessions keep theirs',
  tags: ['settings'],
  body: Posted,
  response: { 200: z.object({ message: z.string() }) },
})

/** `GET` and `POST /api/settings` (wire B2): a key goes in and never comes out (S20). */
export const settingsRoutes: Routes = (app, { settings, log }) => {
  routesWithDetails(app, log, scope => {
    scope.get('/api/settings', { schema: listing }, async request => {
      const stored = await settings.load()
      // What is to be expected is no error to who can say so: browsers report every 404 to their users.
      if (!stored && queryOf(listing, request).unset === 'null') return null
      if (!stored) throw new RouteError(404, { error: 'Settings not found' })
      return shown(stored, (await settings.key()) !== undefined)
    })
    scope.post('/api/settings', { schema: storing }, async request => {
      await settings.save(changeOf(bodyOf(storing, request)))
      return { message: 'Settings stored' }
    })
  })
}

/** As 0.21.1 lists them; a key that was entered for another endpoint counts as none. */
function shown(stored: UserSettings, hasKey: boolean): StoredSettings {
  const { llm_base_url, remote_runtime_resource_factor, ...first } = stored
  return { ...first, llm_api_key: hasKey ? KEY_MARK : null, llm_base_url, remote_runtime_resource_factor }
}

/** Null deletes the key. */
function changeOf({ llm_api_key, ...fields }: z.infer<typeof Posted>): Parameters<SettingsStore['save']>[0] {
  const change = present(fields)
  if (llm_api_key === null) return { ...change, llm_api_key }
  const key = keyEntered(llm_api_key)
  return key === undefined ? change : { ...change, llm_api_key: new Secret(key) }
}

/** A key that somebody has typed; the mark of either version, or nothing, is what a page sends that does not know it. */
export function keyEntered(posted: string | null | undefined): string | undefined {
  const key = posted?.trim() ?? ''
  return key === '' || key === 'SET' || /^\*+$/.test(key) ? undefined : key
}
