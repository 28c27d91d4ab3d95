import type { BrowserInfo, ModelFacts, ServerInfo } from '@openhands/protocol'
import { readBrowser } from './browser.ts'
import { type ChangeCalls, changeCalls } from './changes.ts'
import { renameConversation } from './conversations.ts'
import { type FileCalls, fileCalls } from './files.ts'
import { type JobCalls, jobCalls } from './jobs.ts'
import { type LogPart, readFrom } from './log.ts'
import { readModelFacts } from './model-facts.ts'
import { loadPicture } from './pictures.ts'
import { type Preview, readPreviews } from './previews.ts'
import { type SandboxCalls, sandboxCalls } from './sandbox.ts'
import { readServer } from './server-info.ts'
import { type TerminalCalls, terminalCalls } from './terminals.ts'

/**
 * Everything that a panel may ask of the server about its session. A panel's own part is a file beside this one, named
 * after what it is about, with a function `…Calls(session)`, and a line here.
 */
export interface SessionCalls {
  rename(title: string): Promise<void>
  /** See `loadPicture`. */
  picture(url: string, signal: AbortSignal): Promise<string>
  /** See `readFrom`. */
  log(from: number, limit: number, signal: AbortSignal): Promise<LogPart>
  /** See `readModelFacts`. */
  model(signal: AbortSignal): Promise<ModelFacts>
  /** See `readServer`. */
  server(signal: AbortSignal): Promise<ServerInfo>
  readonly sandbox: SandboxCalls
  readonly terminals: TerminalCalls
  readonly jobs: JobCalls
  readonly changes: ChangeCalls
  readonly files: FileCalls
  /** See `readBrowser`. */
  browser(signal: AbortSignal): Promise<BrowserInfo>
  /** See `readPreviews`. */
  previews(signal: AbortSignal): Promise<readonly Preview[]>
}

/** The calls about one session. */
export function sessionCalls(session: string): SessionCalls {
  return {
    rename: title => renameConversation(session, title),
    picture: loadPicture,
    log: (from, limit, signal) => readFrom(session, from, limit, signal),
    model: signal => readModelFacts(session, signal),
    server: readServer,
    sandbox: sandboxCalls(session),
    terminals: terminalCalls(session),
    jobs: jobCalls(session),
    changes: changeCalls(session),
    files: fileCalls(session),
    browser: signal => readBrowser(session, signal),
    previews: signal => readPreviews(session, signal),
  }
}
