import { availableParallelism, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { type Egress, type Runtime, RuntimeError, type Runtimes } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { orAborted } from '../lib/signal.ts'
import { Bubblewrap } from './bubblewrap.ts'
import { Docker, defaultImage, socketOf } from './docker.ts'
import { ExecutorClient } from './executor-client.ts'
import { prepareExecutor } from './executor-program.ts'
import { ExecutorRuntime } from './executor-runtime.ts'
import { ControlGroups } from './limits/control-groups.ts'
import { Local } from './local.ts'
import { Owner } from './owner.ts'
import { Refusals } from './refusals.ts'
import type { Sandbox, StartedSandbox } from './sandbox.ts'
import { SessionFolders } from './session-folders.ts'
import { StartPlaces } from './start-places.ts'
import { Starter } from './starter.ts'

/** What a session may use. */
export interface RuntimeLimits {
  /** UTF-16 units of a command's output that are kept, half from its beginning and half from its end. */
  readonly outputLimit: number
  /** After so many milliseconds without output a command is left running and its caller is answered. */
  readonly silenceMs: number
  /** Bytes of memory, files in memory included; processes and threads; cores. Held where control groups can be had. */
  readonly memoryBytes: number
  /** Without control groups still held in `bubblewrap`, by an rlimit. */
  readonly processes: number
  readonly cpus: number
  /** Files open in one process, and bytes of the folders in memory; not for `local`. */
  readonly openFiles: number
  readonly temporaryBytes: number
  /** Bytes that stay free on the disk of the workspace. */
  readonly reserveBytes: number
}

/** How sandboxes are made. */
export interface RuntimesOptions {
  readonly sandbox: 'bubblewrap' | 'docker' | 'local'
  /** The server's data directory: holds the executor's files and names the owner of orphans. */
  readonly dataDirectory: string
  /** Variables that every shell gets besides the built-in list; a name in both is the operator's. */
  readonly environment?: Readonly<Record<string, string>>
  readonly limits?: Partial<RuntimeLimits>
  /** The Node.js binary that runs the executor; this one when absent. */
  readonly node?: string
  /** The way out of sandboxes; without it they have no network at all. */
  readonly egress?: Egress
  /** The bubblewrap program; where Linux distributions put it when absent. */
  readonly bubblewrap?: string
  /** The container engine's socket, as a path or as `unix://` and a path; and the image. The customary ones when absent. */
  readonly docker?: { readonly host?: string; readonly image?: string }
}

const defaultLimits: RuntimeLimits = {
  outputLimit: 30_000,
  silenceMs: 30_000,
  memoryBytes: Math.min(2 * 1024 ** 3, totalmem() / 2),
  processes: 1024,
  cpus: availableParallelism(),
  openFiles: 4096,
  temporaryBytes: 1024 ** 3,
  reserveBytes: 1024 ** 3,
}
/** How long, in milliseconds, a sandbox that lives but says nothing may take to start. */
const startLimit = 20_000
/** Starting is work for processors: more at once end no sooner, and each of them later. */
const startsAtOnce = 4 * Math.max(2, availableParallelism())

/** The sandboxes that this server can start; never another than the one that was asked for. */
export function createRuntimes(options: RuntimesOptions): Runtimes {
  const owner = new Owner(options.dataDirectory)
  const folders = new SessionFolders(join(options.dataDirectory, 'runtime', 'sessions'))
  const parts = partsOf(options)
  const sandbox = choose(options, parts, owner, folders)
  const places = new StartPlaces(startsAtOnce)
  return {
    isolated: sandbox.isolated,
    workspaceOf: directory => sandbox.workspaceOf(resolve(directory)),
    async start({ session, directory, onStatus, signal }) {
      signal.throwIfAborted()
      onStatus('STATUS$STARTING_RUNTIME', 'Starting runtime...')
      const giveBack = await places.take(signal)
      using _ = { [Symbol.dispose]: giveBack }
      const refusals = new Refusals()
      const fail = (error: unknown): never => {
        signal.throwIfAborted()
        throw unavailable(error, options.dataDirectory)
      }
      const egress = sandbox.isolated ? options.egress : undefined
      const door = await egress?.open(session, refusal => refusals.add(refusal)).catch(fail)
      const request = { session, directory: resolve(directory), egress: door, onStatus, signal }
      const started = await sandbox.start(request).catch(async error => {
        await door?.[Symbol.asyncDispose]()
        return fail(error)
      })
      const end = async (): Promise<void> => {
        await started.end()
        await door?.[Symbol.asyncDispose]()
      }
      try {
        return await connect(sandbox, { ...started, end }, refusals, signal)
      } catch (error) {
        await end()
        signal.throwIfAborted()
        if (error instanceof RuntimeError && error.kind === 'unavailable') throw error
        throw new RuntimeError('unavailable', await started.explain(messageOf(error)), { cause: error })
      }
    },
    forget: session => folders.remove(session),
    probe: () => sandbox.probe(),
    async reap() {
      const reaped = await owner.reap(await parts.groups.members())
      await parts.groups.removeOrphans(mark => owner.isOrphan(mark))
      return reaped + ((await sandbox.reap?.()) ?? 0)
    },
  }
}

/** Before anything is started, little can fail but the disk. */
function unavailable(error: unknown, dataDirectory: string): RuntimeError {
  if (error instanceof RuntimeError) return error
  const remedy = `see that ${dataDirectory} can be written and that its disk has room: df -h ${dataDirectory}`
  const message = `The sandbox could not be started. ${messageOf(error)}\nWhat to do: ${remedy}.`
  return new RuntimeError('unavailable', message, { cause: error })
}

/** What sandboxes on this machine share. */
interface Parts {
  readonly parent: string
  readonly program: () => Promise<string>
  readonly starter: Starter
  readonly groups: ControlGroups
}

function partsOf({ dataDirectory }: RuntimesOptions): Parts {
  const parent = join(dataDirectory, 'runtime')
  let prepared: Promise<string> | undefined
  const program = (): Promise<string> => {
    prepared ??= prepareExecutor(parent, process.execPath)
    // A full disk must not be remembered after somebody has made room.
    prepared.catch(() => {
      prepared = undefined
    })
    return prepared
  }
  const starter = new Starter(program, join(parent, 'start'))
  return { parent, program, starter, groups: new ControlGroups(starter, join(parent, 'groups')) }
}

function choose(options: RuntimesOptions, { parent, ...parts }: Parts, owner: Owner, folders: SessionFolders): Sandbox {
  const common = {
    ...parts,
    scratch: join(parent, 'scratch'),
    folders,
    node: options.node ?? process.execPath,
    environment: options.environment ?? {},
    limits: { ...defaultLimits, ...options.limits },
    markOf: (id: string) => owner.markOf(id),
  }
  if (options.sandbox === 'docker') {
    const { host, image = defaultImage } = options.docker ?? {}
    const isOrphan = (mark: string): boolean => owner.isOrphan(mark)
    return new Docker({ ...common, socket: socketOf(host), image, family: owner.family, isOrphan })
  }
  return options.sandbox === 'bubblewrap'
    ? new Bubblewrap({ ...common, bubblewrap: options.bubblewrap ?? '/usr/bin/bwrap' })
    : new Local(common)
}

async function connect(
  sandbox: Sandbox,
  started: StartedSandbox,
  refusals: Refusals,
  signal: AbortSignal,
): Promise<Runtime> {
  const client = new ExecutorClient(started.process)
  const limit = AbortSignal.timeout(startLimit)
  try {
    await orAborted(client.hello, AbortSignal.any([signal, limit]))
    const { reply } = client.send({ method: 'open', params: { ...started.open } })
    const opened = await orAborted(reply, AbortSignal.any([signal, limit]))
    if (opened.type !== 'result') throw new RuntimeError('unavailable', `${opened.message} (workspace on the host)`)
    return new ExecutorRuntime(sandbox, started, client, refusals)
  } catch (error) {
    client.lose('The sandbox was given up')
    throw error
  }
}
