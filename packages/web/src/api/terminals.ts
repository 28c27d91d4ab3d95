import type { TerminalInfo, TerminalList, TerminalRequest } from '@openhands/protocol'
import { request, requestJson } from './request.ts'
import { TerminalLine, type TerminalLineOptions } from './terminal-line.ts'

/** The terminals of a session: the agent's, and those that people have opened. */
export interface TerminalCalls {
  list(signal: AbortSignal): Promise<TerminalList>
  /** Opens a shell of the user's own; starts the sandbox where none runs. */
  open(wanted: TerminalRequest): Promise<TerminalInfo>
  /** Ends a terminal with everything that was started in it. */
  close(id: string): Promise<void>
  /** What it shows and what is typed into it; nothing happens before `open` is called on it. */
  line(options: Omit<TerminalLineOptions, 'session'>): TerminalLine
}

/** What can be asked about a session's terminals. */
export function terminalCalls(session: string): TerminalCalls {
  const path = `api/conversations/${session}/terminals`
  return {
    list: signal => requestJson(path, { signal }),
    open: wanted => requestJson(path, { method: 'POST', json: wanted }),
    close: async id => {
      await request(`${path}/${id}`, { method: 'DELETE' })
    },
    line: options => new TerminalLine({ ...options, session }),
  }
}
