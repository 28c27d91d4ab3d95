import type { SandboxInfo } from '@openhands/protocol'
import { requestJson } from './request.ts'

/** The sandbox of a session: looking never starts it. */
export interface SandboxCalls {
  look(signal: AbortSignal): Promise<SandboxInfo>
  /** Starts it where none runs; resolves once it answers. */
  start(): Promise<SandboxInfo>
}

/** What can be asked about a session's sandbox. */
export function sandboxCalls(session: string): SandboxCalls {
  const path = `api/conversations/${session}/sandbox`
  return {
    look: signal => requestJson(path, { signal }),
    start: () => requestJson(path, { method: 'POST', json: {} }),
  }
}
