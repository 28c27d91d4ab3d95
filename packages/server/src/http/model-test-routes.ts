import { randomUUID } from 'node:crypto'
import { ModelTest, ModelTested, SessionId } from '@openhands/protocol'
import { type Clock, ModelError, type ModelErrorKind, type ModelMessage, type Models } from '../core/ports.ts'
import { modelEndpoint } from '../lib/model-endpoint.ts'
import { present } from '../lib/present.ts'
import { childController } from '../lib/signal.ts'
import type { DoorParts, Routes } from './door-parts.ts'
import { untilClosed } from './request-session.ts'
import { RouteError, routesWithDetails } from './route-errors.ts'
import { bodyOf, contract } from './route-schema.ts'
import { keyEntered } from './settings-routes.ts'

const testing = contract({
  summary: 'Asks a model for one word, to see whether name, address and key are right before they are saved',
  description: 'Nothing is stored. The stored key is sent only where it was entered for.',
  tags: ['settings'],
  body: ModelTest,
  response: { 200: ModelTested },
})

/** A model that has said nothing for so long is of no use; nobody waits longer for a test. */
const PATIENCE_MS = 20_000
const MOST_AT_ONCE = 4

/** `POST /api/settings/test`: whether a model answers, or what is wrong and what to do about it (P26). */
export function modelTestRoutes({ patienceMs = PATIENCE_MS }: { readonly patienceMs?: number } = {}): Routes {
  return (app, parts) => {
    let running = 0
    routesWithDetails(app, parts.log, scope => {
      scope.post('/api/settings/test', { schema: testing }, async (request, reply) => {
        const asked = await settled(bodyOf(testing, request), parts.settings)
        if (running >= MOST_AT_ONCE)
          throw new RouteError(429, { detail: 'Other models are being tried; wait for them.' })
        running++
        try {
          return await tried(parts, asked, { gone: untilClosed(reply), patienceMs })
        } finally {
          running--
        }
      })
    })
  }
}

type Asked = Parameters<Models['resolve']>[0]

/** What is absent is as it is stored; the stored key belongs to the endpoint that it was entered for (S21). */
async function settled(posted: ModelTest, store: DoorParts['settings']): Promise<Asked> {
  const stored = await store.load()
  const model = posted.llm_model === undefined ? stored?.llm_model : posted.llm_model
  const baseUrl = posted.llm_base_url === undefined ? stored?.llm_base_url : posted.llm_base_url
  const same =
    modelEndpoint({ model, baseUrl }) === modelEndpoint({ model: stored?.llm_model, baseUrl: stored?.llm_base_url })
  const kept = same && posted.llm_api_key !== null ? (await store.key())?.reveal() : undefined
  const apiKey = keyEntered(posted.llm_api_key) ?? kept
  return present({ model: model ?? undefined, baseUrl: baseUrl ?? undefined, apiKey })
}

const messages: readonly ModelMessage[] = [
  { role: 'system', text: 'This only tries whether you can be reached.' },
  { role: 'user', parts: [{ type: 'text', text: 'Answer with the word "ready" and nothing else.' }] },
]

/** One request, ended with the first thing that the model says; a wait for another try is a failure here. */
async function tried(
  { models, clock }: { readonly models: Models; readonly clock: Clock },
  asked: Asked,
  { gone, patienceMs }: { readonly gone: AbortSignal; readonly patienceMs: number },
): Promise<ModelTested> {
  const late = AbortSignal.timeout(patienceMs)
  const { controller, release } = childController(AbortSignal.any([gone, late]))
  const begun = clock.now().getTime()
  try {
    const model = models.resolve(asked)
    const session = SessionId.parse(randomUUID())
    for await (const chunk of model.stream({ session, messages, tools: [] }, controller.signal)) {
      if (chunk.type === 'retry') return failure(chunk.retry.kind, chunk.retry.reason)
      const milliseconds = Math.max(0, clock.now().getTime() - begun)
      return { ok: true, model: model.name, milliseconds, ...present({ notice: model.notice }) }
    }
    return failure('bad_response', `${model.name} said nothing at all.`)
  } catch (error) {
    if (error instanceof ModelError) return failure(error.kind, error.message)
    if (!late.aborted) throw error
    return failure('timeout', `The model said nothing within ${Math.round(patienceMs / 1000)} seconds.`)
  } finally {
    controller.abort()
    release()
  }
}

/** What people can do about it; `configuration` says so itself. */
const remedies: Readonly<Record<ModelErrorKind, string>> = {
  auth: 'Enter the key again, whole and for this provider, and see there whether it may use this model.',
  payment: 'Add credit to the account at the provider, or enter a key of another one.',
  not_found: 'Choose another model from the list, or correct the base URL.',
  rate_limit: 'The provider knows the key, but wants less to be asked: wait a while, or have the limit raised there.',
  overloaded: 'The trouble is at the provider: try again in a minute, or choose another model.',
  context_overflow: 'Choose a model that takes longer prompts.',
  bad_request: 'Choose another model; this one does not take what an agent asks.',
  bad_response: 'Check that the base URL is that of a server that speaks the protocol of OpenAI and streams.',
  timeout: 'Try again: some servers load a model first. If that does not help, check base URL and network.',
  network: 'Check the base URL, and whether the machine of this server may reach it.',
  configuration: 'Correct the field that is marked, then test again.',
}

const fields: ReadonlyMap<string, 'llm_model' | 'llm_base_url' | 'llm_api_key'> = new Map([
  ['LLM_MODEL', 'llm_model'],
  ['LLM_BASE_URL', 'llm_base_url'],
  ['LLM_API_KEY', 'llm_api_key'],
])

/** Messages begin with the setting that is wrong, or name the one to check at their end. */
function failure(kind: ModelErrorKind, message: string): ModelTested {
  const [first] = /^LLM_(MODEL|BASE_URL|API_KEY)/.exec(message) ?? []
  const name = first ?? message.match(/LLM_(MODEL|BASE_URL|API_KEY)/g)?.at(-1)
  const field = kind === 'auth' || kind === 'payment' ? 'llm_api_key' : fields.get(name ?? '')
  return { ok: false, kind, message, remedy: remedies[kind], ...present({ field }) }
}
