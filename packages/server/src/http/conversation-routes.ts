import { randomUUID } from 'node:crypto'
import { SessionId } from '@openhands/protocol'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { type SessionSummary, summaryOf } from '../core/session-summary.ts'
import { present } from '../lib/present.ts'
import { cloning, RepositoryName } from './clone-repository.ts'
import { ConversationInfo, conversationIn, idIn, infoOf } from './conversation-info.ts'
import type { DoorParts, Routes } from './door-parts.ts'
import { untilClosed } from './request-session.ts'
import { RouteError, routesWithDetails } from './route-errors.ts'
import { bodyOf, contract, noSession, queryOf, SessionPath } from './route-schema.ts'
import { startFromSettings } from './settings-start.ts'

/**
 * Each of these may be null: pages write absent things so. A token for the code host is not kept: what a sandbox may
 * present there is said by `--egress-credentials`.
 */
const Wanted = z.object({
  selected_repository: RepositoryName.nullish(),
  initial_user_msg: z.string().max(1_000_000).nullish(),
  github_token: z.string().max(1000).nullish(),
})

const Asked = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  page_id: z.string().max(100).optional(),
  /** Looked for in titles and repositories. */
  query: z.string().max(200).optional(),
})

const creating = contract({
  summary: 'Starts a conversation with the settings of the user',
  tags: ['conversations'],
  body: Wanted,
  response: {
    200: z.object({ status: z.literal('ok'), conversation_id: SessionId }),
    400: z
      .object({ status: z.literal('error'), message: z.string(), msg_id: z.string() })
      .meta({ description: 'It cannot start with these settings; there is no conversation.' }),
  },
})
const listing = contract({
  summary: 'Lists conversations, the newest first',
  tags: ['conversations'],
  querystring: Asked,
  response: { 200: z.object({ results: z.array(ConversationInfo), next_page_id: z.string().nullable() }) },
})
const showing = contract({
  summary: 'One conversation, or null where there is none',
  tags: ['conversations'],
  params: SessionPath,
  response: { 200: ConversationInfo.nullable() },
})
const renaming = contract({
  summary: 'Gives a conversation another title',
  tags: ['conversations'],
  params: SessionPath,
  body: z.object({ title: z.string().trim().min(1).max(200) }),
  response: { 200: z.boolean(), 404: noSession },
})
const deleting = contract({
  summary: 'Deletes a conversation and its own workspace',
  tags: ['conversations'],
  params: SessionPath,
  response: { 200: z.boolean().meta({ description: 'Whether there was one.' }) },
})
const configuring = contract({
  summary: 'How a page would reach the sandbox',
  tags: ['conversations'],
  params: SessionPath,
  response: { 200: z.object({ runtime_id: z.null(), session_id: SessionId }), 404: noSession },
})
const coding = contract({
  summary: 'Where VS Code is: nowhere',
  tags: ['conversations'],
  params: SessionPath,
  response: { 200: z.object({ vscode_url: z.null() }), 404: noSession },
})
const hosting = contract({
  summary: 'The servers in the sandbox and where each can be seen',
  tags: ['conversations'],
  params: SessionPath,
  response: {
    200: z.object({ hosts: z.record(z.string(), z.int()).meta({ description: 'Ports by address.' }) }),
    404: noSession,
  },
})

/** `/api/conversations` and what a page asks about one conversation (wire B2). */
export const conversationRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    addList(scope, parts)
    addOne(scope, parts)
    addSandboxViews(scope, parts)
  })
}

function addList(scope: FastifyInstance, parts: DoorParts): void {
  scope.post('/api/conversations', { schema: creating }, async request => {
    const wanted = bodyOf(creating, request)
    return { status: 'ok', conversation_id: await create(parts, wanted) }
  })
  scope.get('/api/conversations', { schema: listing }, async request => {
    const { limit, page_id, query = '' } = queryOf(listing, request)
    const offset = offsetOf(page_id)
    const found = (await parts.manager.list())
      .map(summaryOf)
      .filter(summary => fits(summary, query))
      .sort(newestFirst)
    const results = await Promise.all(found.slice(offset, offset + limit).map(summary => shown(parts, summary)))
    const next = offset + limit
    return { results, next_page_id: next < found.length ? Buffer.from(String(next)).toString('base64') : null }
  })
}

function addOne(scope: FastifyInstance, parts: DoorParts): void {
  const { manager } = parts
  scope.get('/api/conversations/:id', { schema: showing }, async (request, reply) => {
    const id = idIn(request)
    const summary = id && (await manager.summary(id))
    // The page takes null for "there is no such conversation"; the library would send nothing for it.
    return reply.type('application/json').send(JSON.stringify(summary ? await shown(parts, summary) : null))
  })
  scope.patch('/api/conversations/:id', { schema: renaming }, async request => {
    const id = await conversationIn(request, manager)
    return await manager.rename(id, bodyOf(renaming, request).title)
  })
  scope.delete('/api/conversations/:id', { schema: deleting }, async request => {
    const id = idIn(request)
    if (id === undefined || !(await manager.exists(id))) return false
    await manager.delete(id)
    return true
  })
}

/** Looking never starts a sandbox. */
function addSandboxViews(scope: FastifyInstance, { manager, previewUrl }: DoorParts): void {
  scope.get('/api/conversations/:id/config', { schema: configuring }, async request => ({
    runtime_id: null,
    session_id: await conversationIn(request, manager),
  }))
  scope.get('/api/conversations/:id/vscode-url', { schema: coding }, async request => {
    await conversationIn(request, manager)
    return { vscode_url: null } // sandboxes here have no VS Code
  })
  scope.get('/api/conversations/:id/web-hosts', { schema: hosting }, async (request, reply) => {
    const id = await conversationIn(request, manager)
    const session = await manager.find(id)
    const runtime = await session?.runningRuntime()
    const ports = (await runtime?.ports.list(untilClosed(reply))) ?? []
    const hosts = ports.flatMap(port => {
      const url = previewUrl(id, port)
      return url === undefined ? [] : [[url, port] as const]
    })
    return { hosts: Object.fromEntries(hosts) }
  })
}

/** A session with the user's settings. Throws `RouteError` 400 when it cannot start, and then there is none. */
async function create({ manager, settings, facts }: DoorParts, wanted: z.infer<typeof Wanted>): Promise<SessionId> {
  const id = SessionId.parse(randomUUID().replaceAll('-', ''))
  const session = await manager.open(id)
  const repository = wanted.selected_repository ?? undefined
  const refused = await startFromSettings(session, settings, present({ selected_repository: repository }))
  if (refused) {
    await manager.close(id)
    throw new RouteError(400, { status: 'error', ...refused })
  }
  // It stands in the log before the task, and the agent begins when it has been carried out.
  if (repository !== undefined) await session.dispatch({ kind: 'act', draft: cloning(facts.github.webUrl, repository) })
  const content = wanted.initial_user_msg ?? ''
  if (content !== '') await session.dispatch({ kind: 'start', task: content })
  return id
}

async function shown({ manager }: DoorParts, summary: SessionSummary): Promise<ConversationInfo> {
  const running = await manager.find(summary.id).catch(() => undefined) // one that cannot be opened does not run
  return infoOf(summary, running !== undefined)
}

function fits({ title, repository }: SessionSummary, query: string): boolean {
  return `${title}\n${repository ?? ''}`.toLowerCase().includes(query.trim().toLowerCase())
}

/** By creation, so that pages of the list stay as they are while sessions work; what has lost its date stands last. */
function newestFirst(a: SessionSummary, b: SessionSummary): number {
  return a.created === b.created ? 0 : a.created < b.created ? 1 : -1
}

/** Wire C11: base64 of the offset. */
function offsetOf(pageId: string | undefined): number {
  if (pageId === undefined || pageId === '') return 0
  const offset = Buffer.from(pageId, 'base64').toString('latin1')
  if (/^\d{1,9}$/.test(offset)) return Number(offset)
  const detail = [{ type: 'value_error', loc: ['query', 'page_id'], msg: 'not a page of this list', input: null }]
  throw new RouteError(422, { detail })
}
