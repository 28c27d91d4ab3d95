import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { RuntimeError } from '../core/ports.ts'
import type { RuntimesOptions } from '../runtimes/catalogue.ts'
import type { RuntimesCalls, RuntimesRequest } from './runtimes-program.ts'

const program = fileURLToPath(new URL('./runtimes-program.ts', import.meta.url))

export interface RuntimesProcessOptions {
  readonly options: RuntimesOptions
  /** What runs the program, as `setpriv` with its options; nothing for the test's own user. */
  readonly prefix?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Sandboxes of a server in a process of its own, see `runtimes-program.ts`. */
export class RuntimesProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  readonly #exited: Promise<void>
  #count = 0
  #runtimes = 0

  constructor({ options, prefix = [], env = {} }: RuntimesProcessOptions) {
    const [first = process.execPath, ...args] = [...prefix, process.execPath, program]
    this.#child = spawn(first, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: '/',
      env: { PATH: process.env['PATH'], ...env, RUNTIMES_OPTIONS: JSON.stringify(options) },
    })
    const { stdout } = this.#child
    if (stdout !== null) createInterface(stdout).on('line', line => this.#receive(line))
    this.#exited = new Promise(resolve => {
      this.#child.once('exit', () => {
        for (const { reject } of this.#waiting.values()) reject(new Error('the process has ended'))
        resolve()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** Rejects with `RuntimeError` for whatever the other process said. */
  call<C extends keyof RuntimesCalls>(
    call: C,
    ...args: Parameters<RuntimesCalls[C]>
  ): Promise<ReturnType<RuntimesCalls[C]>> {
    const request: RuntimesRequest = { id: ++this.#count, call, args }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#waiting.set(request.id, { resolve, reject })
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`)
    // Both ends are typed by the same table.
    return promise as Promise<ReturnType<RuntimesCalls[C]>>
  }

  async start(session: string, directory: string): Promise<RemoteRuntime> {
    const number = ++this.#runtimes
    const { limits } = await this.call('start', number, session, directory)
    return new RemoteRuntime(this, number, limits)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end()
    await this.#exited
  }

  #receive(line: string): void {
    // The program writes nothing else.
    const reply = JSON.parse(line) as { id: number; value?: unknown; error?: string }
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (reply.error === undefined) waiting?.resolve(reply.value)
    else waiting?.reject(new RuntimeError('unavailable', reply.error))
  }
}

/** One sandbox of another process. */
export class RemoteRuntime {
  readonly limits: ReturnType<RuntimesCalls['start']>['limits']
  readonly #process: RuntimesProcess
  readonly #number: number

  constructor(process: RuntimesProcess, number: number, limits: RemoteRuntime['limits']) {
    this.limits = limits
    this.#process = process
    this.#number = number
  }

  run(command: string, timeoutMs = 20_000): Promise<ReturnType<RuntimesCalls['run']>> {
    return this.#process.call('run', this.#number, command, timeoutMs)
  }

  read(path: string): Promise<ReturnType<RuntimesCalls['read']>> {
    return this.#process.call('read', this.#number, path)
  }

  view(path: string): Promise<ReturnType<RuntimesCalls['view']>> {
    return this.#process.call('view', this.#number, path)
  }

  write(path: string, text = 'x'): Promise<ReturnType<RuntimesCalls['write']>> {
    return this.#process.call('write', this.#number, path, text)
  }

  create(path: string): Promise<ReturnType<RuntimesCalls['create']>> {
    return this.#process.call('create', this.#number, path)
  }

  end(): Promise<null> {
    return this.#process.call('end', this.#number)
  }
}
