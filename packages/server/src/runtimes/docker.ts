import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { type Finding, RuntimeError } from '../core/ports.ts'
import { inside, type Sources } from './bubblewrap-arguments.ts'
import { writeAccounts } from './docker-accounts.ts'
import { boundsOf } from './docker-bounds.ts'
import { DockerClient, type EngineImage, isPodman } from './docker-client.ts'
import { type ContainerLimits, type ContainerPlan, containerOf, limitsOf } from './docker-container.ts'
import { endContainer } from './docker-end.ts'
import { imageOf } from './docker-image.ts'
import { probeEngine } from './docker-probe.ts'
import { ContainerProcess } from './docker-process.ts'
import { systemCallProfile } from './docker-system-calls.ts'
import { remedyForContainer, troubleOf } from './docker-trouble.ts'
import { shellEnvironment } from './environment.ts'
import type { OpenParams } from './executor/protocol.ts'
import { proxyVariables } from './proxy-variables.ts'
import type { Sandbox, SandboxRequest, StartedSandbox } from './sandbox.ts'
import { type SandboxUser, sandboxUser } from './sandbox-user.ts'
import type { SessionFolders } from './session-folders.ts'

/** What the sandbox is made of and bounded by. */
export interface DockerOptions {
  /** The path of the engine's socket. */
  readonly socket: string
  readonly image: string
  readonly node: string
  /** Resolves to the folder of the executor, see `prepareExecutor`. */
  readonly program: () => Promise<string>
  readonly environment: Readonly<Record<string, string>>
  readonly folders: SessionFolders
  readonly limits: ContainerLimits & Pick<OpenParams, 'outputLimit' | 'silenceMs' | 'reserveBytes'>
  /** Names the data directory, so that orphans are looked for among its own containers only. */
  readonly family: string
  readonly markOf: (id: string) => string
  /** Whether a mark is that of a server that used this data directory and is gone. */
  readonly isOrphan: (mark: string) => boolean
}

/** The image that sandboxes are made from where nobody has named one, and where engines usually listen (wire A6.5). */
export const defaultImage = 'nikolaik/python-nodejs:python3.12-nodejs22'
const defaultSocket = '/var/run/docker.sock'

/** The path in a `DOCKER_HOST`. Throws `RuntimeError` for one that is no path: folders of this machine are to be mounted. */
export function socketOf(host = defaultSocket): string {
  const path = host.replace(/^unix:\/\//, '')
  if (path.startsWith('/')) return path
  throw new RuntimeError(
    'unavailable',
    `DOCKER_HOST is ${host}: name the socket of an engine on this machine, as in unix://${defaultSocket}`,
  )
}

/** What containers say of whose they are. */
const familyLabel = 'openhands.data-directory'
const markLabel = 'openhands.sandbox'
const sessionLabel = 'openhands.session'

/** A container of a Docker-compatible engine, from any image with glibc. */
export class Docker implements Sandbox {
  readonly name = 'docker'
  readonly isolated = true
  readonly #options: DockerOptions
  readonly #client: DockerClient
  #count = 0
  /** False after an attempt that failed. */
  #isReaped = true

  constructor(options: DockerOptions) {
    this.#options = options
    this.#client = new DockerClient(options.socket)
  }

  workspaceOf(): string {
    return inside.workspace
  }

  async start(request: SandboxRequest): Promise<StartedSandbox> {
    const { socket, image } = this.#options
    const { signal } = request
    const told = (error: unknown, isPulling = false): RuntimeError => {
      signal.throwIfAborted()
      return troubleOf(error, { socket, image, isPulling })
    }
    const found = await this.#image(request, told)
    if (!this.#isReaped) await this.reap()
    const plan = await this.#plan(request)
    request.onStatus('STATUS$STARTING_CONTAINER', 'Starting container...')
    signal.throwIfAborted()
    try {
      const profile = await this.#profile()
      return await this.#start({ ...plan, image: found.Id, profile }, this.#openOf(request, plan.mark, found))
    } catch (error) {
      throw told(error)
    }
  }

  probe(): Promise<readonly Finding[]> {
    return probeEngine(this.#client, this.#options.image)
  }

  /**
   * Removes the containers of servers that used this data directory and are gone; resolves to how many there were. An
   * engine that cannot be reached is looked at again before the next start.
   */
  async reap(): Promise<number> {
    const { family, isOrphan } = this.#options
    try {
      const containers = await this.#client.list(familyLabel, family)
      const orphans = containers.filter(({ Labels }) => isOrphan(Labels?.[markLabel] ?? ''))
      await Promise.all(orphans.map(({ Id }) => this.#client.remove(Id)))
      this.#isReaped = true
      return orphans.length
    } catch {
      this.#isReaped = false
      return 0
    }
  }

  async #image(
    { onStatus, signal }: SandboxRequest,
    told: (error: unknown, isPulling: boolean) => RuntimeError,
  ): Promise<EngineImage> {
    let isPulling = false
    const onPull = (id: string, message: string): void => {
      isPulling = true
      onStatus(id, message)
    }
    try {
      return await imageOf(this.#client, this.#options.image, onPull, signal)
    } catch (error) {
      throw told(error, isPulling)
    }
  }

  /** Engines that an operator has given a profile of their own keep it, as do those that take no other from outside. */
  async #profile(): Promise<string | undefined> {
    const [{ SecurityOptions }, { Components }] = await Promise.all([this.#client.info(), this.#client.version()])
    const isCustomary =
      SecurityOptions?.some(option => /^name=seccomp,profile=(default|builtin)$/.test(option)) === true
    return isCustomary && !isPodman(Components) ? systemCallProfile() : undefined
  }

  async #plan({ session, directory, egress }: SandboxRequest): Promise<Omit<ContainerPlan, 'image' | 'profile'>> {
    const { folders, limits, family, node } = this.#options
    const given = await sandboxUser(directory, session)
    const kept = await folders.open(session, given)
    const user = given ?? serverUser()
    const accounts = await writeAccounts(dirname(kept.home), user)
    const program = await this.#options.program()
    const sources: Sources = { workspace: directory, program, node, ...kept, egress: egress?.folder }
    const mark = `${session}-${++this.#count}`
    const owner = this.#options.markOf(mark)
    const labels = { [familyLabel]: family, [markLabel]: owner, [sessionLabel]: session }
    return {
      name: `openhands-${owner}`,
      sources,
      user,
      accounts,
      limits,
      cores: availableParallelism(),
      mark,
      labels,
    }
  }

  #openOf({ egress }: SandboxRequest, mark: string, image: EngineImage): OpenParams {
    const { environment, limits } = this.#options
    const own = variablesOf(image)
    const way = egress === undefined ? {} : proxyVariables(inside.egress)
    const additions = { ...way, ...environment }
    const shell = { home: inside.home, user: inside.user, path: own['PATH'] ?? inside.path, mark, additions }
    return {
      workspace: inside.workspace,
      writable: [inside.workspace, '/tmp', inside.home],
      control: inside.control,
      home: inside.home,
      state: inside.state,
      egress: egress === undefined ? '' : inside.egress,
      environment: { ...own, ...shellEnvironment(shell) },
      mark,
      outputLimit: limits.outputLimit,
      silenceMs: limits.silenceMs,
      reserveBytes: limits.reserveBytes,
    }
  }

  async #start(plan: ContainerPlan, open: OpenParams): Promise<StartedSandbox> {
    const { limits, image } = this.#options
    const client = this.#client
    const id = await client.create(plan.name, containerOf(plan))
    let process: ContainerProcess | undefined
    try {
      const attached = await ContainerProcess.attach(client, id)
      process = attached
      await client.start(id)
      const container = await client.container(id)
      attached.follow(container)
      const explain = async (ending: string): Promise<string> =>
        `The sandbox docker could not be started. ${ending}\nWhat to do: ${remedyForContainer(attached.end, image)}.`
      const end = (): Promise<void> => endContainer(client, id, attached)
      const bounds = boundsOf(id, container)
      const takeTrouble = (): string => bounds?.takeTrouble() ?? ''
      return { process, open, limits: limitsOf(container, limits), takeTrouble, end, explain }
    } catch (error) {
      process?.close()
      // The reason why it could not be started is what counts.
      await client.remove(id).catch(() => undefined)
      throw error
    }
  }
}

/** An ordinary user's server has only itself to run programs as; the group of root is nobody's business inside. */
function serverUser(): SandboxUser {
  const [uid = 0, gid = 0] = [process.geteuid?.(), process.getegid?.()]
  return { uid, gid: gid === 0 ? uid : gid }
}

function variablesOf(image: EngineImage): Record<string, string> {
  const entries = (image.Config?.Env ?? []).map((line): [string, string] => {
    const end = line.indexOf('=')
    return end < 0 ? [line, ''] : [line.slice(0, end), line.slice(end + 1)]
  })
  return Object.fromEntries(entries)
}
