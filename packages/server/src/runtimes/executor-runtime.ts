import { z } from 'zod'
import {
  type CommandRequest,
  type CommandResult,
  type Edited,
  type EditRequest,
  type Outcome,
  type Runtime,
  RuntimeError,
} from '../core/ports.ts'
import { orAborted } from '../lib/signal.ts'
import type { ExecutorClient, Reply, Request } from './executor-client.ts'
import type { Sandbox, StartedSandbox } from './sandbox.ts'

const RunValue = z.object({ exitCode: z.int(), directory: z.string().max(8192), timedOut: z.boolean() })
const EditValue = z.object({ existed: z.boolean(), summary: z.string(), beforeBytes: z.int().nonnegative() })

/** How long, in milliseconds, a cancelled command may take to come to its end before the sandbox is given up. */
const cancelGrace = 3000

/** A `Runtime` whose work is done by an executor in some sandbox. */
export class ExecutorRuntime implements Runtime {
  readonly sandbox: string
  readonly isolated: boolean
  readonly workspace: string
  readonly gone: Promise<string>
  readonly #client: ExecutorClient
  readonly #started: StartedSandbox
  #ending: Promise<void> | undefined

  constructor(sandbox: Sandbox, started: StartedSandbox, client: ExecutorClient) {
    this.sandbox = sandbox.name
    this.isolated = sandbox.isolated
    this.workspace = started.open.workspace
    this.#client = client
    this.#started = started
    const gone = Promise.withResolvers<string>()
    this.gone = gone.promise
    const endedByItself = client.lost.then(async reason => {
      if (this.#ending !== undefined) return
      this.#ending = started.end()
      await this.#ending.catch(() => undefined)
      gone.resolve(reason)
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
      return { output: result.body.toString('utf8'), ...this.#read(RunValue, result.value) }
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
    return textOf(await this.#ask({ method: 'view', params: range === undefined ? { path } : { path, range } }, signal))
  }

  async read(path: string, signal: AbortSignal): Promise<Outcome<{ text: string }>> {
    return textOf(await this.#ask({ method: 'read', params: { path } }, signal))
  }

  async write(path: string, text: string, signal: AbortSignal): Promise<Outcome<Record<never, never>>> {
    const reply = await this.#ask({ method: 'write', params: { path }, body: Buffer.from(text) }, signal)
    return reply.type === 'result' ? { ok: true } : { ok: false, message: reply.message }
  }

  async edit(request: EditRequest, signal: AbortSignal): Promise<Outcome<Edited>> {
    const reply = await this.#ask({ method: 'edit', params: { ...request } }, signal)
    if (reply.type !== 'result') return { ok: false, message: reply.message }
    const { existed, summary, beforeBytes } = this.#read(EditValue, reply.value)
    const before = reply.body.toString('utf8', 0, beforeBytes)
    return { ok: true, existed, summary, before, after: reply.body.toString('utf8', beforeBytes) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#started.end()
    this.#client.lose('The sandbox was closed')
    await this.#ending
  }

  /** Waits for a reply, or for the signal; what an abandoned request still does is not undone. */
  async #ask(request: Request, signal: AbortSignal): Promise<Reply> {
    signal.throwIfAborted()
    if (sizeOf(request) > writeLimit)
      return { type: 'refused', message: `The text is longer than ${writeLimit} bytes.` }
    const { reply, cancel } = this.#client.send(request)
    signal.addEventListener('abort', cancel)
    reply.catch(() => undefined)
    try {
      return await orAborted(reply, signal)
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  #read<T>(schema: z.ZodType<T>, value: unknown): T {
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    this.#client.lose('The sandbox sent an answer that is not in the protocol')
    throw new RuntimeError('lost', 'The sandbox sent an answer that is not in the protocol')
  }
}

/** Bytes that a file may be given at once. */
const writeLimit = 10 * 1024 * 1024

function sizeOf({ body, params }: Request): number {
  const texts = Object.values(params).filter(value => typeof value === 'string')
  return texts.reduce((size, text) => size + Buffer.byteLength(text), body?.length ?? 0)
}

function textOf(reply: Reply): Outcome<{ text: string }> {
  return reply.type === 'result'
    ? { ok: true, text: reply.body.toString('utf8') }
    : { ok: false, message: reply.message }
}
