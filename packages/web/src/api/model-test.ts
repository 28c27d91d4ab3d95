import type { ModelTest, ModelTested } from '@openhands/protocol'
import { requestJson } from './request.ts'

/** Asks a model for one word before it is saved; what is wrong with it is an answer, not a failure. */
export function testModel(asked: ModelTest, signal: AbortSignal): Promise<ModelTested> {
  return requestJson('api/settings/test', { method: 'POST', json: asked, signal })
}
