import { SessionId } from '@openhands/protocol'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { SessionManager } from '../core/session-manager.ts'
import type { SessionSummary } from '../core/session-summary.ts'
import { RouteError } from './route-errors.ts'

/** What pages of 0.20 and 0.21.1 list of a conversation (wire B2). */
export const ConversationInfo = z.object({
  conversation_id: SessionId,
  title: z.string(),
  last_updated_at: z.string().nullable(),
  status: z.enum(['RUNNING', 'STOPPED']),
  selected_repository: z.string().nullable(),
  created_at: z.string().nullable(),
  damage: z.string().exactOptional().meta({ description: 'What cannot be read of it (P29); pages ignore it.' }),
})
export type ConversationInfo = Readonly<z.infer<typeof ConversationInfo>>

/** A session as a conversation. Until it has a title of its own it is called after its repository or its id. */
export function infoOf(summary: SessionSummary, running: boolean): ConversationInfo {
  const { id, title, created, updated, repository, damage } = summary
  const name = repository?.split('/').at(-1) || 'Conversation'
  return {
    conversation_id: id,
    title: title || `${name} ${id.slice(0, 5)}`,
    last_updated_at: updated || null,
    status: running ? 'RUNNING' : 'STOPPED',
    selected_repository: repository,
    created_at: created || null,
    ...(damage === undefined ? {} : { damage }),
  }
}

/** The session that the path of a request names, if its text is the name of one. */
export function idIn({ params }: FastifyRequest): SessionId | undefined {
  return SessionId.safeParse((params as { id?: unknown }).id).data // the path of the route has an id
}

/** The session that the path of a request names; it exists. Throws the 404 of wire B2. */
export async function conversationIn(request: FastifyRequest, manager: SessionManager): Promise<SessionId> {
  const id = idIn(request)
  if (id !== undefined && (await manager.exists(id))) return id
  throw new RouteError(404, { error: 'Session not found' })
}
