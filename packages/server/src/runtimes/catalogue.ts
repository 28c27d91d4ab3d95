import { join, resolve } from 'node:path'
import { type Runtime, RuntimeError, type Runtimes } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { orAborted } from '../lib/signal.ts'
import { Bubblewrap } from './bubblewrap.ts'
import { ExecutorClient } from './executor-client.ts'
import { prepareExecutor } from './executor-program.ts'
import { ExecutorRuntime } from './executor-runtime.ts'
import { Local } from './local.ts'
import { Owner } from './owner.ts'
import type { Sandbox, StartedSandbox } from './sandbox.ts'
import { Starter } from './starter.ts'

/** What a session may use. */
export interface RuntimeLimits {
  /** UTF-16 units of a command's output that are kept, half from its beginning and half from its end. */
  readonly outputLimit: number
  /** After so many milliseconds without output a command is left running and its caller is answered. */
  readonly silenceMs: number
  /** Processes and threads, files open in one process, and bytes of the folders in memory; not for `local`. */
  readonly processes: number
  readonly openFiles: number
  readonly temporaryBytes: number
  readonly homeBytes: number
}

/** How sandboxes are made. */
export interface RuntimesOptions {
  readonly sandbox: 'bubblewrap' | 'local'
  /** The server's data directory: holds the executor's files and names the owner of orphans. */
  readonly dataDirectory: string
  /** Variables that every shell gets besides the built-in list; a name in both is the operator's. */
  readonly environment?: Readonly<Record<string, string>>
  readonly limits?: Partial<RuntimeLimits>
  /** The Node.js binary that runs the executor; this one when absent. */
  readonly node?: string
  /** The bubblewrap program; where Linux distributions put it when absent. */
  readonly bubblewrap?: string
}

const defaultLimits: RuntimeLimits = {
  outputLimit: 30_000,
  silenceMs: 30_000,
  processes: 1024,
  openFiles: 4096,
  temporaryBytes: 1024 ** 3,
  homeBytes: 256 * 1024 ** 2,
}
/** How long, in milliseconds, a sandbox that lives but says nothing may take to start. */
const startLimit = 20_000

/** The sandboxes that this server can start; never another than the one that was asked for. */
export function createRuntimes(options: RuntimesOptions): Runtimes {
  const owner = new Owner(options.dataDirectory)
  const sandbox = choose(options, owner)
  return {
    workspaceOf: directory => sandbox.workspaceOf(resolve(directory)),
    async start({ session, directory, onStatus, signal }) {
      signal.throwIfAborted()
      onStatus('STATUS$STARTING_RUNTIME', 'Starting runtime...')
      const started = await sandbox.start(session, resolve(directory))
      try {
        return await connect(sandbox, started, signal)
      } catch (error) {
        await started.end()
        signal.throwIfAborted()
        if (error instanceof RuntimeError && error.kind === 'unavailable') throw error
        throw new RuntimeError('unavailable', await started.explain(messageOf(error)), { cause: error })
      }
    },
    reap: () => owner.reap(),
  }
}

function choose(options: RuntimesOptions, owner: Owner): Sandbox {
  const parent = join(options.dataDirectory, 'runtime')
  let prepared: Promise<string> | undefined
  const program = (): Promise<string> => {
    prepared ??= prepareExecutor(parent, process.execPath)
    // A full disk must not be remembered after somebody has made room.
    prepared.catch(() => {
      prepared = undefined
    })
    return prepared
  }
  const common = {
    starter: new Starter(program, join(parent, 'start')),
    node: options.node ?? process.execPath,
    program,
    environment: options.environment ?? {},
    limits: { ...defaultLimits, ...options.limits },
    markOf: (id: string) => owner.markOf(id),
  }
  return options.sandbox === 'bubblewrap'
    ? new Bubblewrap({ ...common, bubblewrap: options.bubblewrap ?? '/usr/bin/bwrap' })
    : new Local({ ...common, scratch: join(parent, 'scratch') })
}

async function connect(sandbox: Sandbox, started: StartedSandbox, signal: AbortSignal): Promise<Runtime> {
  const client = new ExecutorClient(started.process)
  const limit = AbortSignal.timeout(startLimit)
  try {
    await orAborted(client.hello, AbortSignal.any([signal, limit]))
    const { reply } = client.send({ method: 'open', params: { ...started.open } })
    const opened = await orAborted(reply, AbortSignal.any([signal, limit]))
    if (opened.type !== 'result') throw new RuntimeError('unavailable', `${opened.message} (workspace on the host)`)
    return new ExecutorRuntime(sandbox, started, client)
  } catch (error) {
    client.lose('The sandbox was given up')
    throw error
  }
}
