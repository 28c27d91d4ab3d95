import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import type { SessionId } from '@openhands/protocol'
import { RuntimeError } from '../core/ports.ts'
import { accounts, bubblewrapArguments, inside, type MemoryLimits, type Sources } from './bubblewrap-arguments.ts'
import { remedyForBubblewrap } from './bubblewrap-trouble.ts'
import { endAll } from './end-all.ts'
import { shellEnvironment } from './environment.ts'
import { sandboxVariable } from './executor/process-tree.ts'
import { childrenOf, readProcess } from './executor/processes.ts'
import type { OpenParams } from './executor/protocol.ts'
import { pidsMarked } from './owner.ts'
import type { Sandbox, StartedSandbox } from './sandbox.ts'
import { type SandboxUser, sandboxUser } from './sandbox-user.ts'
import type { Started, Starter } from './starter.ts'
import { systemCallFilter } from './system-call-filter.ts'

/** What the sandbox is made of and bounded by. */
export interface BubblewrapOptions {
  readonly starter: Starter
  readonly bubblewrap: string
  readonly node: string
  /** Resolves to the folder of the executor, see `prepareExecutor`. */
  readonly program: () => Promise<string>
  readonly environment: Readonly<Record<string, string>>
  readonly limits: MemoryLimits & { readonly processes: number; readonly openFiles: number } & Pick<
      OpenParams,
      'outputLimit' | 'silenceMs'
    >
  readonly markOf: (id: string) => string
}

/**
 * Mounts its first three arguments where any user can reach them, in a mount name space of its own, and goes on with
 * the others: a data directory is closed to everybody but root. `/sys` is nobody's workspace, and not needed.
 */
const stage = `set -e
mount -t tmpfs -o mode=0755,size=64k,nosuid,nodev openhands /sys
mkdir /sys/workspace /sys/program
: >/sys/node
mount --bind "$1" /sys/workspace
mount --bind "$2" /sys/program
mount --bind "$3" /sys/node
shift 3
exec "$@"
`
const staged: Sources = { workspace: '/sys/workspace', program: '/sys/program', node: '/sys/node' }

/** The default sandbox: bubblewrap with name spaces of its own, without network, rights, or any file of the host but the workspace. */
export class Bubblewrap implements Sandbox {
  readonly name = 'bubblewrap'
  readonly isolated = true
  readonly #options: BubblewrapOptions
  #count = 0

  constructor(options: BubblewrapOptions) {
    this.#options = options
  }

  workspaceOf(): string {
    return inside.workspace
  }

  async start(session: SessionId, directory: string): Promise<StartedSandbox> {
    const { starter, bubblewrap, node, environment, limits } = this.#options
    await access(bubblewrap, constants.X_OK).catch(error => {
      const message = `The sandbox needs bubblewrap, and ${bubblewrap} is not there. Install it: apt-get install -y bubblewrap`
      throw new RuntimeError('unavailable', message, { cause: error })
    })
    const user = await sandboxUser(directory, session)
    const sources = { workspace: directory, program: await this.#options.program(), node }
    const filter = systemCallFilter(process.arch)
    const id = `${session}-${++this.#count}`
    const [program = '', ...args] = [...(user === undefined ? [] : stageFor(sources, user)), ...this.#command()]
    const profile = this.#profile(user === undefined ? sources : staged, filter !== undefined, id)
    const inputs = [profile, accounts.passwd, accounts.group, ...(filter === undefined ? [] : [filter])]
    const outer = { PATH: inside.path, [sandboxVariable]: this.#options.markOf(id) }
    const started = await starter.start({ program, args, directory: '/', environment: outer, inputs })
    const shell = { home: inside.home, user: inside.user, path: inside.path, mark: id, additions: environment }
    const open: OpenParams = {
      workspace: inside.workspace,
      writable: [inside.workspace, '/tmp', inside.home],
      control: inside.control,
      environment: shellEnvironment(shell),
      mark: id,
      outputLimit: limits.outputLimit,
      silenceMs: limits.silenceMs,
    }
    return { process: started, open, end: () => end(started, outer[sandboxVariable]), explain }
  }

  /** No path of the host is in it: programs inside and other users of the host can see it. */
  #command(): string[] {
    const { bubblewrap, limits } = this.#options
    const bounds = ['--core=0', `--nproc=${limits.processes}`, `--nofile=${limits.openFiles}`]
    return [bubblewrap, '--args', '3', '--', 'prlimit', ...bounds, '--', inside.node, `${inside.program}/main.js`]
  }

  /** The rest of bubblewrap's arguments, which it reads from a descriptor. */
  #profile(sources: Sources, isFiltered: boolean, id: string): Buffer {
    const profile = bubblewrapArguments(sources, this.#options.limits, {
      passwd: 4,
      group: 5,
      filter: isFiltered ? 6 : undefined,
    })
    const variables = ['--setenv', 'PATH', inside.path, '--setenv', sandboxVariable, id]
    return Buffer.from([...profile, ...variables].map(argument => `${argument}\0`).join(''))
  }
}

/** What a server that is root starts bubblewrap with: a view of the host in which `user` finds the sources, and then that user. */
function stageFor(sources: Sources, user: SandboxUser): string[] {
  const ids = ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups', '--no-new-privs']
  const paths = [sources.workspace, sources.program, sources.node]
  return ['unshare', '--mount', '--', 'sh', '-c', stage, 'sh', ...paths, 'setpriv', ...ids, '--']
}

async function explain(ending: string): Promise<string> {
  return `The sandbox bubblewrap could not be started. ${ending}\nWhat to do: ${await remedyForBubblewrap()}.`
}

/** Killing the outer process makes the kernel kill the whole process name space; waits until its first process is gone. */
async function end(started: Started, mark: string): Promise<void> {
  if (started.pid === 0) return
  const inner = childrenOf(started.pid)
  started.kill()
  await started.ended
  // Where the outer process was gone already, only the mark leads to the inner one.
  const find = inner.length > 0 ? () => inner.filter(pid => readProcess(pid) !== undefined) : () => pidsMarked(mark)
  await endAll(find)
}
