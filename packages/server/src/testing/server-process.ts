import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Where `bin/openhands.mjs` has it too. */
const compileCache = fileURLToPath(new URL('../../../../.tools/compile-cache', import.meta.url))
const entry = fileURLToPath(new URL('./crash-main.ts', import.meta.url))

export interface ServerProcessOptions {
  /** Kept between starts when given; else a folder of its own, removed at the end. */
  readonly dataDir?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'openhands-test-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** A real server in a process of its own, as `npm start` runs it, that a test may kill. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess
  readonly #exited: Promise<number | NodeJS.Signals>
  readonly #log: string[]

  private constructor(child: ChildProcess, url: string, exited: Promise<number | NodeJS.Signals>, log: string[]) {
    this.#child = child
    this.url = url
    this.#exited = exited
    this.#log = log
  }

  /** Starts a server and waits for its address; rejects with what it said when it ends instead. */
  static async start(options: ServerProcessOptions & { readonly dataDir: string }): Promise<ServerProcess> {
    const args = ['serve', '--port', '0', '--data-dir', options.dataDir, ...(options.args ?? [])]
    const child = spawn(process.execPath, [entry, ...args], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE: compileCache, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: options.dataDir,
    })
    const log: string[] = []
    const exited = new Promise<number | NodeJS.Signals>(resolve => {
      child.once('exit', (code, signal) => resolve(signal ?? code ?? -1))
    })
    const { promise, resolve } = Promise.withResolvers<string>()
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', line => {
        log.push(line)
        const address = /listens at (http:\S+)/.exec(line)?.[1]
        if (address) resolve(address)
      })
    const ended = exited.then(code => Promise.reject(new Error(`server ended (${code}):\n${log.join('\n')}`)))
    ended.catch(() => undefined) // only of interest while the address is awaited
    return new ServerProcess(child, await Promise.race([promise, ended]), exited, log)
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** Everything it has printed. */
  get log(): readonly string[] {
    return this.#log
  }

  /** Ends it as a power cut would end the process. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  /** Asks it to end; resolves to its exit code, or the signal that ended it. */
  async stop(): Promise<number | NodeJS.Signals> {
    this.#child.kill('SIGTERM')
    return await this.#exited
  }

  /** Resolves when it has ended, by itself or not. */
  get exited(): Promise<number | NodeJS.Signals> {
    return this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
