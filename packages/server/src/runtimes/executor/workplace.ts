import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import type { Area } from './area.ts'
import type { Answer, Call, Handlers } from './calls.ts'
import { egressArea } from './egress/egress-area.ts'
import { filesArea } from './files/files-area.ts'
import { jobsArea } from './jobs/jobs-area.ts'
import { lazyArea } from './lazy-area.ts'
import { Guard } from './limits/guard.ts'
import { type Params, ProtocolError } from './params.ts'
import type { OpenParams } from './protocol.ts'
import { Refusal } from './refusal.ts'
import { Shell } from './shell/shell.ts'
import { shellArea } from './shell/shell-area.ts'

/** What a first command needs, and then what may never be needed. */
const areas = [
  shellArea,
  jobsArea,
  filesArea,
  egressArea,
  lazyArea(
    ['git_status', 'git_diff', 'git_show', 'git_committed'],
    async () => (await import('./git/git-area.ts')).gitArea,
  ),
  lazyArea(['browser_open', 'browser_act'], async () => (await import('./browser/browser-area.ts')).browserArea),
  lazyArea(['python_run'], async () => (await import('./python/python-area.ts')).pythonArea),
  lazyArea(
    ['ports_list', 'ports_watch', 'port_connect'],
    async () => (await import('./ports/ports-area.ts')).portsArea,
  ),
  lazyArea(
    ['terminal_open', 'terminal_take', 'terminal_watch', 'terminal_resize'],
    async () => (await import('./terminals/terminals-area.ts')).terminalsArea,
  ),
  lazyArea(
    ['checkpoint_take', 'checkpoint_list', 'checkpoint_restore', 'checkpoint_changes', 'checkpoint_file'],
    async () => (await import('./checkpoints/checkpoints-area.ts')).checkpointsArea,
  ),
] as const

/** Requests that run programs of the agent's and are answered with a text. */
const commands: ReadonlySet<string> = new Set(['run'])

/** Everything of a session behind the requests of the protocol; `open` makes the rest of it. */
export class Workplace {
  readonly #handlers = new Map<string, (call: Call) => Promise<Answer>>([['open', call => this.#open(call)]])
  #areas: readonly Area[] = []
  #guard: Guard | undefined

  get handlers(): Handlers {
    return this.#handlers
  }

  /** Ends what it runs; what that started is left to the caller. */
  close(): void {
    this.#guard?.close()
    for (const area of this.#areas) area.close()
  }

  async #open({ params }: Call): Promise<Answer> {
    if (this.#areas.length > 0) throw new ProtocolError('It is open already')
    const options = readOptions(params)
    try {
      // It also starts Node's threads for files, which could not be had any more in the middle of a fork bomb.
      await access(options.workspace, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch {
      throw new Refusal(`The workspace cannot be written by the user (id ${process.getuid?.()}) that works in it.`)
    }
    const shell = new Shell(options)
    const guard = new Guard(options)
    this.#guard = guard
    this.#areas = areas.map(area => area({ options, shell }))
    for (const { handlers } of this.#areas)
      for (const [method, handler] of handlers)
        this.#handlers.set(method, commands.has(method) ? guard.guarded(handler) : handler)
    // The first command finds its shell ready; a failure shows when it is run.
    shell.open().catch(() => undefined)
    return {}
  }
}

function readOptions(params: Params): OpenParams {
  return {
    workspace: params.text('workspace'),
    writable: params.texts('writable'),
    control: params.text('control'),
    home: params.text('home'),
    state: params.text('state'),
    egress: params.text('egress'),
    environment: params.record('environment'),
    mark: params.text('mark'),
    outputLimit: params.number('outputLimit'),
    silenceMs: params.number('silenceMs'),
    reserveBytes: params.number('reserveBytes'),
  }
}
