import { mkdir, rm } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Finding } from '../core/ports.ts'
import { endAll } from './end-all.ts'
import { shellEnvironment } from './environment.ts'
import { sandboxVariable } from './executor/process-tree.ts'
import { childrenOf, readProcess } from './executor/processes.ts'
import type { OpenParams } from './executor/protocol.ts'
import type { ControlGroup } from './limits/control-group.ts'
import type { ControlGroups } from './limits/control-groups.ts'
import type { GroupLimits } from './limits/group-settings.ts'
import { limitFindings } from './limits/limit-findings.ts'
import { pidsMarked } from './owner.ts'
import type { Sandbox, SandboxRequest, StartedSandbox } from './sandbox.ts'
import type { SessionFolders } from './session-folders.ts'
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
  readonly folders: SessionFolders
  readonly limits: GroupLimits & Pick<OpenParams, 'outputLimit' | 'silenceMs' | 'reserveBytes'>
  readonly groups: ControlGroups
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

  async start({ session, directory }: SandboxRequest): Promise<StartedSandbox> {
    const { folders, starter, node, program, scratch, environment, limits } = this.#options
    const id = `${session}-${++this.#count}`
    const mark = this.#options.markOf(id)
    const control = join(scratch, id)
    await mkdir(control, { recursive: true, mode: 0o700 })
    const { state } = await folders.open(session, undefined)
    const { homedir: home, username: user } = userInfo()
    const shell = shellEnvironment({ home, user, path: systemPath, mark, additions: environment })
    const command = [node, join(await program(), 'main.js')]
    const group = await this.#options.groups.make(mark, limits)
    const [first = '', ...args] = group?.joined(command) ?? command
    const started = await starter.start({
      program: first,
      args,
      directory,
      environment: { PATH: shell['PATH'] ?? systemPath, [sandboxVariable]: mark },
      groups: group?.directories ?? [],
    })
    const open: OpenParams = {
      workspace: directory,
      writable: [directory, '/tmp', home],
      control,
      home,
      state,
      egress: '',
      environment: shell,
      mark,
      outputLimit: limits.outputLimit,
      silenceMs: limits.silenceMs,
      reserveBytes: limits.reserveBytes,
    }
    return {
      process: started,
      open,
      limits: [...(group?.limits ?? []), { of: 'free disk', value: limits.reserveBytes, by: 'executor' }],
      takeTrouble: () => group?.takeTrouble() ?? '',
      end: () => end(started, mark, control, group),
      explain,
    }
  }

  async probe(): Promise<readonly Finding[]> {
    const about = 'isolation'
    const found = 'There is none: commands run as the user of the server, with all that this user may read and change.'
    const remedy = 'start the server with --sandbox bubblewrap'
    const limits = limitFindings(await this.#options.groups.available(), 'local')
    return [{ about, ok: false, found, remedy }, ...limits]
  }
}

async function explain(ending: string): Promise<string> {
  return `The executor could not be started. ${ending}\nWhat to do: run the server with a Node.js that this user may execute.`
}

/**
 * A control group holds every process. Where there is none, nothing but their mark and their parents holds them together,
 * and a program that gets rid of both outlives its sandbox.
 */
async function end(started: Started, mark: string, control: string, group: ControlGroup | undefined): Promise<void> {
  const family = started.pid === 0 ? [] : [started.pid, ...descendantsOf(started.pid)]
  const known = new Map(family.map(pid => [pid, readProcess(pid)?.started]))
  await endAll(() => [
    ...[...known]
      .filter(([pid, since]) => since !== undefined && readProcess(pid)?.started === since)
      .map(([pid]) => pid),
    ...pidsMarked(mark),
    ...(group?.pids() ?? []),
  ])
  await started.ended
  await group?.remove()
  await rm(control, { recursive: true, force: true })
}

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap(child => [child, ...descendantsOf(child)])
}
