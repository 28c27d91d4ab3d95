import { z } from 'zod'
import {
  type Browser,
  type Checkpoints,
  type CommandRequest,
  type CommandResult,
  type Edited,
  type EditRequest,
  type Files,
  type Git,
  type Jobs,
  type Limit,
  type Outcome,
  type Outputs,
  type Ports,
  type Python,
  type Runtime,
  RuntimeError,
  type Terminals,
} from '../core/ports.ts'
import type { ExecutorClient, Reply } from './executor-client.ts'
import { ExecutorLink } from './executor-link.ts'
import { browserOf } from './facets/browser.ts'
import { checkpointsOf } from './facets/checkpoints.ts'
import { filesOf } from './facets/files.ts'
import { gitOf } from './facets/git.ts'
import { jobsOf } from './facets/jobs.ts'
import { outputsOf } from './facets/outputs.ts'
import { portsOf } from './facets/ports.ts'
import { pythonOf } from './facets/python.ts'
import { terminalsOf } from './facets/terminals.ts'
import type { Refusals } from './refusals.ts'
import type { Sandbox, StartedSandbox } from './sandbox.ts'
import { tellingBrowser, tellingPython } from './telling.ts'

const RunValue = z.object({
  exitCode: z.int(),
  directory: z.string().max(8192),
  timedOut: z.boolean(),
  whole: z.object({ name: z.string().max(100), bytes: z.int().nonnegative() }).optional(),
})
const EditValue = z.object({ existed: z.boolean(), summary: z.string(), beforeBytes: z.int().nonnegative() })

/** How long, in milliseconds, a cancelled command may take to come to its end before the sandbox is given up. */
const cancelGrace = 3000

/** A `Runtime` whose work is done by an executor in some sandbox. */
export class ExecutorRuntime implements Runtime {
  readonly sandbox: string
  readonly isolated: boolean
  readonly workspace: string
  readonly jobs: Jobs
  readonly outputs: Outputs
  readonly terminals: Terminals
  readonly files: Files
  readonly git: Git
  readonly browser: Browser
  readonly python: Python
  readonly ports: Ports
  readonly checkpoints: Checkpoints
  readonly limits: readonly Limit[]
  readonly gone: Promise<string>
  readonly #link: ExecutorLink
  readonly #client: ExecutorClient
  readonly #started: StartedSandbox
  readonly #refusals: Refusals
  #ending: Promise<void> | undefined
  #lastTrouble: string | undefined

  constructor(sandbox: Sandbox, started: StartedSandbox, client: ExecutorClient, refusals: Refusals) {
    this.sandbox = sandbox.name
    this.isolated = sandbox.isolated
    this.workspace = started.open.workspace
    this.limits = started.limits
    this.#client = client
    this.#started = started
    this.#refusals = refusals
    const link = new ExecutorLink(client)
    this.#link = link
    this.jobs = jobsOf(link)
    this.outputs = outputsOf(link)
    this.terminals = terminalsOf(link)
    this.files = filesOf(link)
    this.git = gitOf(link)
    this.browser = tellingBrowser(browserOf(link), refusals)
    this.python = tellingPython(pythonOf(link), refusals)
    this.ports = portsOf(link)
    this.checkpoints = checkpointsOf(link)
    const gone = Promise.withResolvers<string>()
    this.gone = gone.promise
    const endedByItself = client.lost.then(async reason => {
      if (this.#ending !== undefined) return
      this.#withCause(reason)
      this.#ending = started.end()
      await this.#ending.catch(() => undefined)
      gone.resolve(this.#withCause(reason))
    })
    endedByItself.catch(error => gone.resolve(String(error)))
  }

  async run(request: CommandRequest, signal: AbortSignal, onOutput?: (text: string) => void): Promise<CommandResult> {
    signal.throwIfAborted()
    const { command, ...params } = request
    const decoder = new TextDecoder()
    const onData = onOutput && ((bytes: Buffer) => onOutput(decoder.decode(bytes, { stream: true })))
    const { reply, cancel } = this.#client.send({ method: 'run', params, body: Buffer.from(command), onData })
    let timer: NodeJS.Timeout | undefined
    const abort = (): void => {
      cancel()
      timer = setTimeout(() => this.#client.lose('A cancelled command did not come to its end'), cancelGrace)
    }
    signal.addEventListener('abort', abort)
    try {
      const result = await reply
      if (result.type !== 'result') throw new RuntimeError('lost', `The shell has failed: ${result.message}`)
      const output = withNotes(
        result.body.toString('utf8'),
        this.#refusals.take() + (this.#started.takeTrouble?.() ?? ''),
      )
      const { whole, ...value } = this.#link.read(RunValue, result.value)
      return { output, ...value, ...(whole && { whole }) }
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error
      throw new RuntimeError(error.kind, this.#withCause(error.message), { cause: error })
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  async view(
    path: string,
    range: readonly [number, number] | undefined,
    signal: AbortSignal,
  ): Promise<Outcome<{ text: string }>> {
    return textOf(
      await this.#link.ask({ method: 'view', params: range === undefined ? { path } : { path, range } }, signal),
    )
  }

  async read(path: string, signal: AbortSignal): Promise<Outcome<{ text: string }>> {
    return textOf(await this.#link.ask({ method: 'read', params: { path } }, signal))
  }

  async write(path: string, text: string, signal: AbortSignal): Promise<Outcome<Record<never, never>>> {
    const reply = await this.#link.ask({ method: 'write', params: { path }, body: Buffer.from(text) }, signal)
    return reply.type === 'result' ? { ok: true } : { ok: false, message: reply.message }
  }

  async edit(request: EditRequest, signal: AbortSignal): Promise<Outcome<Edited>> {
    const reply = await this.#link.ask({ method: 'edit', params: { ...request } }, signal)
    if (reply.type !== 'result') return { ok: false, message: reply.message }
    const { existed, summary, beforeBytes } = this.#link.read(EditValue, reply.value)
    const before = reply.body.toString('utf8', 0, beforeBytes)
    return { ok: true, existed, summary, before, after: reply.body.toString('utf8', beforeBytes) }
  }

  /** Why the sandbox was lost, with the bound that it had met; that is looked up while it can still be told. */
  #withCause(reason: string): string {
    this.#lastTrouble ??= this.#started.takeTrouble?.().trim() ?? ''
    return this.#lastTrouble === '' ? reason : `${reason}\n${this.#lastTrouble}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#started.end()
    this.#client.lose('The sandbox was closed')
    await this.#ending
  }
}

/** Puts notes, each a line, behind what a command has printed. */
function withNotes(output: string, notes: string): string {
  return notes === '' || output === '' || output.endsWith('\n') ? output + notes : `${output}\n${notes}`
}

function textOf(reply: Reply): Outcome<{ text: string }> {
  return reply.type === 'result'
    ? { ok: true, text: reply.body.toString('utf8') }
    : { ok: false, message: reply.message }
}
