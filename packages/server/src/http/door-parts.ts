import type { ServerSetting, SessionId } from '@openhands/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Blobs, Clock, Log, Models, SettingsStore } from '../core/ports.ts'
import type { SessionManager } from '../core/session-manager.ts'
import type { SessionTokens } from './door.ts'
import type { Operation } from './operation-routes.ts'

/** What the server tells its doors about itself; fixed when it starts. */
export interface DoorFacts {
  readonly models: readonly string[]
  readonly agents: readonly string[]
  readonly analyzers: readonly string[]
  readonly defaultAgent: string
  /** Bytes that one uploaded file may have; absent: as many as it has. */
  readonly uploadBytes?: number
  /** Endings in lower case with a dot, `.` for none; absent: all. */
  readonly uploadEndings?: ReadonlySet<string>
  /** Where feedback goes besides the data folder. */
  readonly feedbackUrl?: string
  readonly dataDir: string
  /** What it was started with, as far as clients may see it. */
  readonly server: readonly ServerSetting[]
  readonly github: {
    /** `https://api.github.com` and `https://github.com` unless told otherwise. */
    readonly apiUrl: string
    readonly webUrl: string
    readonly clientId: string
    readonly clientSecret?: string
  }
}

/** What routes are made of. */
export interface DoorParts {
  readonly manager: SessionManager
  readonly models: Models
  readonly settings: SettingsStore
  readonly blobs: Blobs
  readonly sessionTokens: SessionTokens
  readonly facts: DoorFacts
  /** Where a server inside a sandbox can be seen. */
  readonly previewUrl: (session: SessionId, port: number) => string | undefined
  readonly operation: Operation
  readonly clock: Clock
  readonly log: Log
}

/** What a session's own token opens as well as the server's. */
export const bySession = { config: { session: true } } as const

/** Adds routes to an app that guards every one of them. */
export type Routes = (app: FastifyInstance, parts: DoorParts) => void

/** The session that a request of a 0.13.1 page is about: that of its token (wire A5.0); undefined for any other. */
export async function sessionOfToken(request: FastifyRequest, tokens: SessionTokens): Promise<SessionId | undefined> {
  const [, token = ''] = /^(?:Bearer\s+)?(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  return token === '' ? undefined : await tokens.verify(token)
}
