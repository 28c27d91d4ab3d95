import type { ModelFacts } from '@openhands/protocol'
import { requestJson } from './request.ts'

/** What is known of the model of a session. */
export function readModelFacts(session: string, signal: AbortSignal): Promise<ModelFacts> {
  return requestJson(`api/conversations/${session}/model`, { signal })
}
