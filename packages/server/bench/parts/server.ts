import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../bin/openhands.mjs', import.meta.url))
/** Milliseconds that a server may take to end by itself. */
const GRACE_MS = 15_000

/** What every group is given. */
export interface Context {
  /** Where servers leave a CPU profile when they end. */
  readonly profiles?: string
}

/** A folder that is gone when the benchmark is over. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'openhands-bench-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** A program that prints its address when it listens: our server as `npm start` runs it, or a floor. */
export class Listening implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>

  private constructor(child: ChildProcess, url: string, exited: Promise<unknown>) {
    this.#child = child
    this.url = url
    this.#exited = exited
  }

  /** Our server with the defaults of a user, on a free port. */
  static server(context: Context, dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<Listening> {
    const profile = context.profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${context.profiles}`]
    return Listening.start(
      ['--max-semi-space-size=4', ...profile, main, 'serve', '--port', '0', '--data-dir', dataDir],
      dataDir,
      env,
    )
  }

  /** Any file for this Node; rejects with what it printed when it ends instead. */
  static async start(
    args: readonly string[],
    directory: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Listening> {
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: directory,
    })
    const log: string[] = []
    const address = Promise.withResolvers<string>()
    const exited = new Promise<unknown>(resolve => {
      child.once('exit', (code, signal) => {
        address.reject(new Error(`the server ended (${signal ?? code}):\n${log.join('\n')}`))
        resolve(code)
      })
    })
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', line => {
        if (log.length < 100) log.push(line)
        const found = /listens at (http:\S+)/.exec(line)?.[1]
        if (found) address.resolve(found)
      })
    return new Listening(child, await address.promise, exited)
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** Ends it in peace, so that a profile is written, or the hard way after a while. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS)
    await this.#exited
    clearTimeout(timer)
  }
}
