import type { DoorFacts, Routes } from './door-parts.ts'
import { namings } from './request-session.ts'
import { routesWithDetails } from './route-errors.ts'

/** A setting as wire A5.9 describes it. */
interface SettingDefault {
  readonly type: 'str' | 'int' | 'bool' | 'dict' | 'list'
  readonly optional: boolean
  readonly default: unknown
}

const MEBIBYTE = 1024 * 1024

/** `GET /api/defaults` for whoever has a session: what this server starts from, and no secret of it (wire A5.9, D2.9). */
export const defaultsRoutes: Routes = (app, parts) => {
  const defaults = defaultsOf(parts.facts)
  const [naming] = namings(parts)
  if (naming === undefined) return
  routesWithDetails(app, parts.log, scope => {
    scope.get('/api/defaults', { config: naming.config }, async request => {
      await naming.session(request)
      return defaults
    })
  })
}

function defaultsOf(facts: DoorFacts): Readonly<Record<string, SettingDefault | object>> {
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
