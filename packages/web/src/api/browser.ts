import type { BrowserInfo } from '@openhands/protocol'
import { requestJson } from './request.ts'

/** What the agent's browser showed when it was last used. */
export function readBrowser(session: string, signal: AbortSignal): Promise<BrowserInfo> {
  return requestJson(`api/conversations/${session}/browser`, { signal })
}
