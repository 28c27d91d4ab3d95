import type { ServerInfo } from '@openhands/protocol'
import { requestJson } from './request.ts'

/** What the server was started with, as far as it tells. */
export function readServer(signal: AbortSignal): Promise<ServerInfo> {
  return requestJson('api/server', { signal })
}

/** The names that a setting can have; the first is what the server takes by itself. */
export function readNames(of: 'agents' | 'security-analyzers', signal: AbortSignal): Promise<readonly string[]> {
  return requestJson(`api/options/${of}`, { signal })
}
