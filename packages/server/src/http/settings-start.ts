import { type ErrorFrame, parseClientFrame, type SessionSettings } from '@openhands/protocol'
import type { SettingsStore } from '../core/ports.ts'
import type { Session } from '../core/session.ts'
import { modelEndpoint } from '../lib/model-endpoint.ts'
import { present } from '../lib/present.ts'

/** Why a session cannot start with the settings that there are, as pages of 0.21 know it (wire B1, B2). */
export interface StartRefusal {
  readonly message: string
  readonly msg_id: string
}

/** The key that a session was last given here: it needs no telling again, but a corrected one does. */
const keyed = new WeakMap<Session, string>()

/**
 * Starts a session that has not begun with the user's settings, and gives one that has the key again, which no log
 * keeps; a session that works elsewhere than the key was entered for does not get it (S21). Settings that were changed
 * later do not reach it.
 */
export async function startFromSettings(
  session: Session,
  store: SettingsStore,
  extra: SessionSettings = {},
): Promise<StartRefusal | undefined> {
  const { agentState, settings: own } = session.stream.state
  const stored = await store.load()
  const apiKey = (await store.key())?.reveal()
  if (agentState !== null) {
    const same = endpoint(own) === endpoint({ model: stored?.llm_model, base_url: stored?.llm_base_url })
    if (!same || apiKey === undefined || keyed.get(session) === apiKey) return undefined
    keyed.set(session, apiKey)
    // Its settings have served before; what is wrong with them now its next step will say.
    await session.dispatch({ kind: 'initialize', settings: {}, apiKey })
    return undefined
  }
  const args = present({
    LLM_MODEL: stored?.llm_model ?? undefined,
    LLM_BASE_URL: stored?.llm_base_url ?? undefined,
    LLM_API_KEY: apiKey,
    AGENT: stored?.agent ?? undefined,
    LANGUAGE: stored?.language ?? undefined,
    CONFIRMATION_MODE: stored?.confirmation_mode ?? undefined,
    SECURITY_ANALYZER: stored?.security_analyzer ?? undefined,
    MAX_ITERATIONS: stored?.max_iterations ?? undefined,
  })
  const parsed = parseClientFrame({ action: 'initialize', args })
  if (!parsed.ok || parsed.frame.kind !== 'initialize') return refusal(parsed.ok ? undefined : parsed.error)
  const refused = await session.dispatch({ ...parsed.frame, settings: { ...parsed.frame.settings, ...extra } })
  if (refused) return stored ? refusal(refused, apiKey === undefined) : noSettings
  if (apiKey !== undefined) keyed.set(session, apiKey)
  return undefined
}

function endpoint({
  model,
  base_url,
}: {
  model?: string | null | undefined
  base_url?: string | null | undefined
}): string {
  return modelEndpoint({ model, baseUrl: base_url })
}

/** Without settings the server's own count; where those name no model either, the page has to ask for some. */
const noSettings: StartRefusal = { message: 'Settings not found', msg_id: 'CONFIGURATION$SETTINGS_NOT_FOUND' }

function refusal(error: ErrorFrame | undefined, keyMissing = false): StartRefusal {
  if (keyMissing && error?.field === 'args.model' && /key/i.test(error.message))
    return {
      message: 'Error authenticating with the LLM provider. Please check your API key',
      msg_id: 'STATUS$ERROR_LLM_AUTHENTICATION',
    }
  return { message: error?.message ?? 'The settings cannot be used.', msg_id: '' }
}
