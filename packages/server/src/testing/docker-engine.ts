import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { DockerHttp } from '../runtimes/docker-http.ts'
import { endAll } from '../runtimes/end-all.ts'
import { listProcesses, readProc, readProcess } from '../runtimes/executor/processes.ts'
import { rootImage } from './root-image.ts'

const call = promisify(execFile)
const prefix = 'openhands-engine-'
const groups = '/sys/fs/cgroup'
/** How long, in milliseconds, an engine may take to end its containers and itself. */
const grace = 20_000

/** A Docker engine of a test's own, with an image that is made without a registry; both are gone when the test is over. */
export class DockerEngine implements AsyncDisposable {
  /** The path of its socket. */
  readonly socket: string
  /** The name of an image with the usual programs. */
  readonly image = 'openhands-test:latest'
  readonly #folder: string
  readonly #process: ChildProcess

  private constructor(folder: string, process: ChildProcess) {
    this.#folder = folder
    this.#process = process
    this.socket = socketIn(folder)
  }

  /** Starts one; what tests that were killed have left is removed first. Rejects with the engine's log where it ends. */
  static async start(): Promise<DockerEngine> {
    const engine = await DockerEngine.empty()
    await engine.load(engine.image, await rootImage())
    return engine
  }

  /** Starts one without any image, with so many bytes of disk where that is given. */
  static async empty(diskBytes?: number): Promise<DockerEngine> {
    await removeOrphans()
    const folder = await mkdtemp(join(tmpdir(), prefix))
    await writeFile(join(folder, 'owner'), ownerOf(process.pid))
    await mkdir(join(folder, 'data'))
    if (diskBytes !== undefined)
      await call('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', join(folder, 'data')])
    return new DockerEngine(folder, await launch(folder))
  }

  /** The folder in which it keeps everything. */
  get data(): string {
    return join(this.#folder, 'data')
  }

  /** Lets a user of this machine use it. */
  async admit(uid: number): Promise<void> {
    await chmod(this.#folder, 0o711)
    await chown(this.socket, uid, uid)
  }

  /** Makes an image of an archive of its root folder; the name has a tag. */
  async load(name: string, archive: string): Promise<void> {
    const end = name.lastIndexOf(':')
    const [repo, tag] = [name.slice(0, end), name.slice(end + 1)]
    const asked = { method: 'POST', path: '/images/create', query: { fromSrc: '-', repo, tag } } as const
    const answer = await new DockerHttp(this.socket).open({ ...asked, body: createReadStream(archive) })
    let text = ''
    for await (const part of answer) text += String(part)
    if (text.includes('"error"')) throw new Error(`the image could not be made: ${text}`)
  }

  /** Ends it, with its containers, and leaves its files; its socket is closed afterwards. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const exited = once(this.#process, 'exit')
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.kill(signal)
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), grace)
    await exited
    clearTimeout(timer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await remove(this.#folder)
  }
}

function socketIn(folder: string): string {
  return join(folder, 'docker.sock')
}

/** Resolves when it takes requests. */
async function launch(folder: string): Promise<ChildProcess> {
  const at = (name: string): string => join(folder, name)
  const args = [
    ...[
      '--data-root',
      at('data'),
      '--exec-root',
      at('run'),
      '--pidfile',
      at('pid'),
      '--host',
      `unix://${socketIn(folder)}`,
    ],
    ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
    ...[`--cgroup-parent=/${basename(folder)}`, '--exec-opt', 'native.cgroupdriver=cgroupfs'],
  ]
  // It ends with the test, also where that is killed.
  const engine = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'dockerd', ...args], {
    env: { PATH: '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  const log: string[] = []
  const { promise, resolve, reject } = Promise.withResolvers<ChildProcess>()
  engine.on('error', reject)
  engine.on('exit', code => reject(new Error(`dockerd ended with ${code}:\n${log.join('\n')}`)))
  createInterface({ input: engine.stderr }).on('line', line => {
    if (log.push(line) > 40) log.shift()
    if (line.includes('API listen on')) resolve(engine)
  })
  return await promise
}

async function removeOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue
    const folder = join(tmpdir(), name)
    const owner = await readFile(join(folder, 'owner'), 'utf8').catch(() => undefined)
    // Without an owner it is only just being made.
    if (owner !== undefined && owner !== ownerOf(Number(owner.split('.')[0]))) await remove(folder)
  }
}

/** Tells a process from a later one with the same number. */
function ownerOf(pid: number): string {
  return `${pid}.${readProcess(pid)?.started ?? 'gone'}`
}

/** Removes an engine that has ended, or ends it, with every process, mount and control group that it has left. */
async function remove(folder: string): Promise<void> {
  const name = basename(folder)
  await endAll(() => listProcesses().flatMap(({ pid }) => (isOf(name, pid) ? [pid] : [])))
  for (const point of mountsBelow(folder)) await call('umount', ['--lazy', point]).catch(() => undefined)
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  const controllers = await readdir(groups).catch(() => [])
  for (const place of [groups, ...controllers.map(each => join(groups, each))]) await removeGroup(join(place, name))
}

/** The engine and its helpers name the folder in their command lines, and the programs of containers are in its groups. */
function isOf(name: string, pid: number): boolean {
  return (
    [`${pid}/cmdline`, `${pid}/cgroup`].some(path => readProc(path)?.includes(name) === true) && pid !== process.pid
  )
}

/** Deepest first. */
function mountsBelow(folder: string): string[] {
  const points = (readProc('self/mountinfo') ?? '').split('\n').map(line => line.split(' ')[4] ?? '')
  return points.filter(point => point.startsWith(`${folder}/`)).reverse()
}

async function removeGroup(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await removeGroup(join(path, entry.name))
  await rmdir(path).catch(() => undefined)
}
