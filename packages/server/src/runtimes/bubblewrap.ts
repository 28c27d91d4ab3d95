import { constants } from 'node:fs'
import { access, realpath } from 'node:fs/promises'
import { type Finding, type Limit, RuntimeError } from '../core/ports.ts'
import { accounts, bubblewrapArguments, inside, type MemoryLimits, type Sources } from './bubblewrap-arguments.ts'
import { probeBubblewrap } from './bubblewrap-probe.ts'
import { staged, stageFor } from './bubblewrap-stage.ts'
import { installBubblewrap, remedyForBubblewrap } from './bubblewrap-trouble.ts'
import { endAll } from './end-all.ts'
import { shellEnvironment } from './environment.ts'
import { sandboxVariable } from './executor/process-tree.ts'
import { childrenOf, readProcess } from './executor/processes.ts'
import type { OpenParams } from './executor/protocol.ts'
import type { ControlGroup } from './limits/control-group.ts'
import type { ControlGroups } from './limits/control-groups.ts'
import type { GroupLimits } from './limits/group-settings.ts'
import { pidsMarked } from './owner.ts'
import { proxyVariables } from './proxy-variables.ts'
import type { Sandbox, SandboxRequest, StartedSandbox } from './sandbox.ts'
import { sandboxUser } from './sandbox-user.ts'
import type { SessionFolders } from './session-folders.ts'
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
  readonly folders: SessionFolders
  readonly limits: MemoryLimits &
    GroupLimits & { readonly openFiles: number } & Pick<OpenParams, 'outputLimit' | 'silenceMs' | 'reserveBytes'>
  readonly groups: ControlGroups
  readonly markOf: (id: string) => string
  /** A folder for what is only there for a moment. */
  readonly scratch: string
}

type LaunchRequest = Pick<SandboxRequest, 'session' | 'directory' | 'egress'>
interface Launched {
  readonly started: Started
  readonly id: string
  readonly mark: string
  readonly group: ControlGroup | undefined
}

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

  async start(request: SandboxRequest): Promise<StartedSandbox> {
    const { environment, limits } = this.#options
    const { started, id, mark, group } = await this.#launch(request, [inside.node, `${inside.program}/main.js`])
    const way = request.egress === undefined ? {} : proxyVariables(inside.egress)
    const additions = { ...way, ...environment }
    const shell = { home: inside.home, user: inside.user, path: inside.path, mark: id, additions }
    const open: OpenParams = {
      workspace: inside.workspace,
      writable: [inside.workspace, '/tmp', inside.home],
      control: inside.control,
      home: inside.home,
      state: inside.state,
      egress: request.egress === undefined ? '' : inside.egress,
      environment: shellEnvironment(shell),
      mark: id,
      outputLimit: limits.outputLimit,
      silenceMs: limits.silenceMs,
      reserveBytes: limits.reserveBytes,
    }
    return {
      process: started,
      open,
      limits: [...(group?.limits ?? []), ...this.#lesserLimits(group)],
      takeTrouble: () => group?.takeTrouble() ?? '',
      end: () => end(started, mark, group),
      explain,
    }
  }

  async probe(): Promise<readonly Finding[]> {
    const { bubblewrap, starter, folders, groups, scratch } = this.#options
    return probeBubblewrap({
      bubblewrap,
      starter,
      folders,
      groups,
      scratch,
      launch: async (request, command) => {
        const { started, mark, group } = await this.#launch(request, command)
        return { started, end: () => end(started, mark, group) }
      },
    })
  }

  /** Starts a program inside; it is in the group, if there is one, from the beginning. */
  async #launch({ session, directory, egress }: LaunchRequest, command: readonly string[]): Promise<Launched> {
    const { starter, bubblewrap, node, limits, folders, groups } = this.#options
    await access(bubblewrap, constants.X_OK).catch(error => {
      const message = `The sandbox needs bubblewrap, and ${bubblewrap} is not there. Install it: ${installBubblewrap}`
      throw new RuntimeError('unavailable', message, { cause: error })
    })
    // A link would lead out of what the sandbox is given.
    const workspace = await realpath(directory)
    const user = await sandboxUser(workspace, session)
    const kept = await folders.open(session, user)
    const program = await this.#options.program()
    const sources: Sources = { workspace, program, node, ...kept, egress: egress?.folder }
    const filter = systemCallFilter(process.arch)
    const id = `${session}-${++this.#count}`
    const mark = this.#options.markOf(id)
    const profile = this.#profile(user === undefined ? sources : staged(sources), filter !== undefined, id)
    const inputs = [profile, accounts.passwd, accounts.group, ...(filter === undefined ? [] : [filter])]
    const group = await groups.make(mark, limits)
    const stage = user === undefined ? [] : stageFor(sources, user)
    const whole = [...stage, ...this.#wrapped(command, group)]
    const [first = '', ...args] = group?.joined(whole) ?? whole
    const started = await starter.start({
      program: first,
      args,
      directory: '/',
      environment: { PATH: inside.path, [sandboxVariable]: mark },
      inputs,
      groups: group?.directories ?? [],
    })
    return { started, id, mark, group }
  }

  /** No path of the host is in it: programs inside and other users of the host can see it. */
  #wrapped(command: readonly string[], group: ControlGroup | undefined): string[] {
    const { bubblewrap, limits } = this.#options
    // The group's bound is told when it is met; this one can only be guessed.
    const processes = holdsProcesses(group) ? [] : [`--nproc=${limits.processes}`]
    const bounds = ['--core=0', `--nofile=${limits.openFiles}`, ...processes]
    return [bubblewrap, '--args', '3', '--', 'prlimit', ...bounds, '--', ...command]
  }

  /** The bounds that need no group. */
  #lesserLimits(group: ControlGroup | undefined): Limit[] {
    const { processes, openFiles, temporaryBytes, reserveBytes } = this.#options.limits
    return [
      ...(holdsProcesses(group) ? [] : [{ of: 'processes', value: processes, by: 'rlimit' } as const]),
      { of: 'open files', value: openFiles, by: 'rlimit' },
      { of: 'temporary files', value: temporaryBytes, by: 'tmpfs' },
      { of: 'free disk', value: reserveBytes, by: 'executor' },
    ]
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

async function explain(ending: string): Promise<string> {
  return `The sandbox bubblewrap could not be started. ${ending}\nWhat to do: ${await remedyForBubblewrap()}.`
}

function holdsProcesses(group: ControlGroup | undefined): boolean {
  return group?.limits.some(limit => limit.of === 'processes') === true
}

/** Killing the outer process makes the kernel kill the whole process name space; waits until its first process is gone. */
async function end(started: Started, mark: string, group: ControlGroup | undefined): Promise<void> {
  if (started.pid !== 0) {
    const inner = childrenOf(started.pid)
    started.kill()
    await started.ended
    // Where the outer process was gone already, only the group or the mark leads to the inner one.
    const find = (): number[] => inner.filter(pid => readProcess(pid) !== undefined)
    const orphans = (): number[] => (group === undefined ? pidsMarked(mark) : group.pids())
    await endAll(inner.length > 0 ? find : orphans)
  }
  await group?.remove()
}
