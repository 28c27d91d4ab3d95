import type { Limit } from '../core/ports.ts'
import { inside, type Sources } from './bubblewrap-arguments.ts'
import { type Accounts, hostName } from './docker-accounts.ts'
import type { EngineContainer } from './docker-client.ts'
import { sandboxVariable } from './executor/process-tree.ts'
import type { SandboxUser } from './sandbox-user.ts'

/** What a container is held to. */
export interface ContainerLimits {
  readonly memoryBytes: number
  readonly processes: number
  /** Cores; those of the machine or more for no bound. */
  readonly cpus: number
  /** Files that one process may have open. */
  readonly openFiles: number
  /** Bytes of `/tmp`, which count as memory too. */
  readonly temporaryBytes: number
}

/** What a container is made for. */
export interface ContainerPlan {
  readonly name: string
  /** The id of the image, which is the hash of what is in it. */
  readonly image: string
  readonly sources: Sources
  readonly accounts: Accounts
  /** Neither number is 0. */
  readonly user: SandboxUser
  readonly limits: ContainerLimits
  /** The filter of system calls, as `systemCallProfile` makes it; undefined for the engine's own. */
  readonly profile: string | undefined
  /** Cores of the machine. */
  readonly cores: number
  /** The value of the variable that marks its processes. */
  readonly mark: string
  readonly labels: Readonly<Record<string, string>>
}

/** Bytes of the folders in memory besides `/tmp`, where next to nothing is kept. */
const runBytes = 64 * 1024 ** 2
/** Engines that may not raise their own limit of open files refuse to start what asks for more. */
const mostOpenFiles = 20_000
const nanoCpus = 1e9

/**
 * The container as the engine is asked for it: no rights, no network, no name space of the host's, not root, a root that
 * cannot be written, and of the host's files only those that the sandbox needs.
 */
export function containerOf(plan: ContainerPlan): Record<string, unknown> {
  const { uid, gid } = plan.user
  return {
    Image: plan.image,
    Entrypoint: [inside.node, `${inside.program}/main.js`],
    Cmd: [],
    User: `${uid}:${gid}`,
    WorkingDir: inside.workspace,
    // What the image sets is for its own programs; these would change how Node runs.
    Env: [`${sandboxVariable}=${plan.mark}`, 'NODE_OPTIONS=', 'LD_PRELOAD='],
    Hostname: hostName,
    Labels: plan.labels,
    Healthcheck: { Test: ['NONE'] },
    Tty: false,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    // The input ends with the one connection to it: without the server, the executor ends.
    StdinOnce: true,
    StopTimeout: 0,
    NetworkDisabled: true,
    HostConfig: hostConfigOf(plan),
  }
}

function hostConfigOf({ sources, accounts, user, limits, profile, cores }: ContainerPlan): Record<string, unknown> {
  // Some engines give a folder in memory the mode that the folder has in the image, whatever they are asked for.
  const inMemory = `rw,exec,nosuid,nodev,mode=1777,uid=${user.uid},gid=${user.gid}`
  const openFiles = Math.min(limits.openFiles, mostOpenFiles)
  return {
    NetworkMode: 'none',
    IpcMode: 'private',
    CgroupnsMode: 'private',
    Privileged: false,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges', ...(profile === undefined ? [] : [`seccomp=${profile}`])],
    ReadonlyRootfs: true,
    // Zombies pile up where nobody collects them.
    Init: true,
    Mounts: mountsOf(sources, accounts),
    Tmpfs: {
      '/tmp': `${inMemory},size=${limits.temporaryBytes}`,
      '/var/tmp': `${inMemory},size=${runBytes}`,
      '/run': `${inMemory},size=${runBytes}`,
    },
    ShmSize: runBytes,
    Memory: limits.memoryBytes,
    // Memory and swap together: nothing is to be swapped out to get around the bound.
    MemorySwap: limits.memoryBytes,
    PidsLimit: limits.processes,
    ...(limits.cpus < cores ? { NanoCpus: Math.round(limits.cpus * nanoCpus) } : {}),
    Ulimits: [
      { Name: 'nofile', Soft: openFiles, Hard: openFiles },
      { Name: 'core', Soft: 0, Hard: 0 },
    ],
    // Its output is read as it comes; an engine that kept it would fill the disk.
    LogConfig: { Type: 'none', Config: {} },
    RestartPolicy: { Name: 'no' },
  }
}

function mountsOf(sources: Sources, accounts: Accounts): Record<string, unknown>[] {
  const bind = (source: string, target: string, isReadOnly: boolean): Record<string, unknown> => ({
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: isReadOnly,
    BindOptions: { Propagation: 'rprivate' },
  })
  return [
    bind(sources.program, inside.program, true),
    bind(sources.node, inside.node, true),
    bind(accounts.passwd, '/etc/passwd', true),
    bind(accounts.group, '/etc/group', true),
    bind(accounts.hosts, '/etc/hosts', true),
    bind(sources.home, inside.home, false),
    bind(sources.state, inside.state, false),
    ...(sources.egress === undefined ? [] : [bind(sources.egress, inside.egress, true)]),
    bind(sources.workspace, inside.workspace, false),
  ]
}

/** What the engine really holds a container to: bounds that its kernel does not know are gone from what it says. */
export function limitsOf(
  { HostConfig }: EngineContainer,
  limits: ContainerLimits & { readonly reserveBytes: number },
): readonly Limit[] {
  const by = 'docker'
  const held: Limit[] = [
    { of: 'memory', value: HostConfig.Memory, by },
    { of: 'processes', value: HostConfig.PidsLimit ?? 0, by },
    { of: 'cpu', value: HostConfig.NanoCpus / nanoCpus, by },
    { of: 'open files', value: Math.min(limits.openFiles, mostOpenFiles), by },
    { of: 'temporary files', value: limits.temporaryBytes, by },
    { of: 'free disk', value: limits.reserveBytes, by: 'executor' },
  ]
  return held.filter(({ value }) => value > 0)
}
