import { mkdir, rm } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { SessionId } from '@openhands/protocol'
import { endAll } from './end-all.ts'
import { shellEnvironment } from './environment.ts'
import { sandboxVariable } from './executor/process-tree.ts'
import { childrenOf, readProcess } from './executor/processes.ts'
import type { OpenParams } from './executor/protocol.ts'
import { pidsMarked } from './owner.ts'
import type { Sandbox, StartedSandbox } from './sandbox.ts'
import type { Started, Starter } from './starter.ts'

/** What the sandbox is made of and bounded by. */
export interface LocalOptions {
  readonly starter: Starter
  readonly node: string
  /** Resolves to the folder of the executor, see `prepareExecutor`. */
  readonly program: () => Promise<string>
  /** A folder for what shells keep while they run. */
  readonly scratch: string
  readonly environment: Readonly<Record<string, string>>
  readonly limits: Pick<OpenParams, 'outputLimit' | 'silenceMs'>
  readonly markOf: (id: string) => string
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** No sandbox at all: programs run as the server's own user, with all that this user may do. Only when asked for by name. */
export class Local implements Sandbox {
  readonly name = 'local'
  readonly isolated = false
  readonly #options: LocalOptions
  #count = 0

  constructor(options: LocalOptions) {
    this.#options = options
  }

  workspaceOf(directory: string): string {
    return directory
  }

  async start(session: SessionId, directory: string): Promise<StartedSandbox> {
    const { starter, node, program, scratch, environment, limits } = this.#options
    const id = `${session}-${++this.#count}`
    const mark = this.#options.markOf(id)
    const control = join(scratch, id)
    await mkdir(control, { recursive: true, mode: 0o700 })
    const { homedir: home, username: user } = userInfo()
    const shell = shellEnvironment({ home, user, path: systemPath, mark, additions: environment })
    const started = await starter.start({
      program: node,
      args: [join(await program(), 'main.js')],
      directory,
      environment: { PATH: shell['PATH'] ?? systemPath, [sandboxVariable]: mark },
    })
    const open: OpenParams = {
      workspace: directory,
      writable: [directory, '/tmp', home],
      control,
      environment: shell,
      mark,
      outputLimit: limits.outputLimit,
      silenceMs: limits.silenceMs,
    }
    return { process: started, open, end: () => end(started, mark, control), explain }
  }
}

async function explain(ending: string): Promise<string> {
  return `The executor could not be started. ${ending}\nWhat to do: run the server with a Node.js that this user may execute.`
}

/** Without a name space there is nothing that holds the processes together but their mark and their parents. */
async function end(started: Started, mark: string, control: string): Promise<void> {
  const family = started.pid === 0 ? [] : [started.pid, ...descendantsOf(started.pid)]
  const known = new Map(family.map(pid => [pid, readProcess(pid)?.started]))
  await endAll(() => [
    ...[...known]
      .filter(([pid, since]) => since !== undefined && readProcess(pid)?.started === since)
      .map(([pid]) => pid),
    ...pidsMarked(mark),
  ])
  await started.ended
  await rm(control, { recursive: true, force: true })
}

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap(child => [child, ...descendantsOf(child)])
}
