import * as z from 'zod'
import type { DoorFacts, Routes } from './door-parts.ts'
import { namings, schemaOf } from './request-session.ts'
import { routesWithDetails } from './route-errors.ts'
import { contract } from './route-schema.ts'

/** A setting as wire A5.9 describes it. */
const SettingDefault = z.object({
  type: z.enum(['str', 'int', 'bool', 'dict', 'list']),
  optional: z.boolean(),
  default: z.unknown(),
})
type SettingDefault = Readonly<z.infer<typeof SettingDefault>>

const listing = contract({
  summary: 'What the server starts from; no secret of it',
  tags: ['settings'],
  response: { 200: z.record(z.string(), z.union([SettingDefault, z.record(z.string(), SettingDefault)])) },
})

const MEBIBYTE = 1024 * 1024

/** `GET /api/defaults` for whoever has a session: what this server starts from, and no secret of it (wire A5.9, D2.9). */
export const defaultsRoutes: Routes = (app, parts) => {
  const defaults = defaultsOf(parts.facts)
  const [naming] = namings(parts)
  if (naming === undefined) return
  routesWithDetails(app, parts.log, scope => {
    scope.get('/api/defaults', { config: naming.config, schema: schemaOf(naming, listing) }, async request => {
      await naming.session(request)
      return defaults
    })
  })
}

function defaultsOf(facts: DoorFacts): z.infer<(typeof listing.response)[200]> {
  const { uploadBytes, uploadEndings } = facts
  return {
    llms: setting('dict', {}),
    agents: setting('dict', {}),
    default_agent: setting('str', facts.defaultAgent),
    sandbox: {},
    security: { security_analyzer: { ...setting('str', facts.analyzers[0] ?? null), optional: true } },
    file_uploads_max_file_size_mb: setting('int', Math.ceil((uploadBytes ?? 0) / MEBIBYTE)),
    file_uploads_restrict_file_types: setting('bool', uploadEndings !== undefined),
    file_uploads_allowed_extensions: setting('list', [...(uploadEndings ?? ['.*'])]),
  }
}

function setting(type: SettingDefault['type'], value: unknown): SettingDefault {
  return { type, optional: false, default: value }
}
