import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type Limit, RuntimeError } from '../../core/ports.ts'
import { messageOf } from '../../lib/errors.ts'
import type { MarkedProcess } from '../owner.ts'
import type { Starter } from '../starter.ts'
import { ControlGroup, joining, pidsIn, removeGroup } from './control-group.ts'
import { type Controller, controllers, type GroupPlace, groupPlaces, kernelName, offers } from './group-places.ts'
import { type GroupLimits, readLimit, setLimits } from './group-settings.ts'
import { makeRoom } from './make-room.ts'

const Record = z.object({ directories: z.array(z.string().startsWith('/').max(4096)).max(16) })
const prefix = 'openhands-'
const cores = availableParallelism()
/** Groups that were made only to see whether they can be. */
let trials = 0

/** A controller for a sandbox, and the folder of the kernel's that is to be its group. */
interface Wanted {
  readonly controller: Controller
  readonly version: 1 | 2
  readonly directory: string
}

/** The places that were tried and work. */
type Found = ReadonlyMap<Controller, GroupPlace>

/** Makes the groups of sandboxes by whatever the kernel lets this server write: control groups of version 1 or 2, or none. */
export class ControlGroups {
  readonly #starter: Starter
  readonly #records: string
  readonly #proc: string | undefined
  #found: Promise<Found> | undefined

  /** `records` is a folder, made when it is needed, that says which groups there are; `proc` is for tests. */
  constructor(starter: Starter, records: string, proc?: string) {
    this.#starter = starter
    this.#records = records
    this.#proc = proc
  }

  /** Makes the group of a sandbox; undefined where no group can be had. Throws `RuntimeError` when they can be had, but not now. */
  async make(mark: string, limits: GroupLimits): Promise<ControlGroup | undefined> {
    this.#found ??= this.#try()
    const found = new Map(await this.#found)
    const isBounded = limits.cpus < cores
    if (!isBounded && (await this.#sharesBySession(found.get('cpu')))) found.delete('cpu')
    return found.size === 0 ? undefined : this.#make(found, mark, limits)
  }

  /** The controllers that sandboxes are held by here, with the version of control groups that does it. */
  async available(): Promise<ReadonlyMap<Controller, 1 | 2>> {
    this.#found ??= this.#try()
    return new Map([...(await this.#found)].map(([controller, place]) => [controller, place.version]))
  }

  /** Resolves to what looks up the processes in the groups that this data directory knows of. */
  async members(): Promise<() => readonly MarkedProcess[]> {
    const all = await this.#all()
    return () => all.flatMap(({ mark, directories }) => pidsIn(directories).map(pid => ({ pid, mark })))
  }

  /** Removes the groups, which must be empty, of sandboxes that are nobody's any more. */
  async removeOrphans(isOrphan: (mark: string) => boolean): Promise<void> {
    const orphans = (await this.#all()).filter(({ mark }) => isOrphan(mark))
    await Promise.all(orphans.map(({ directories, record }) => removeGroup(directories, record)))
  }

  async #all(): Promise<{ readonly mark: string; readonly directories: readonly string[]; readonly record: string }[]> {
    const names = await readdir(this.#records).catch(() => [])
    const all = await Promise.all(
      names.map(async mark => {
        const record = join(this.#records, mark)
        const directories = parse(await readFile(record, 'utf8').catch(() => ''))
        return { mark, directories: directories.filter(path => path.endsWith(`/${prefix}${mark}`)), record }
      }),
    )
    return all
  }

  /**
   * Whether the kernel shares the processors out between sessions of processes, which it does outside of any group. That
   * is better than a group: there, an executor has to compete with every one of the processes that it should end.
   */
  async #sharesBySession(place: GroupPlace | undefined): Promise<boolean> {
    const isOn = await readFile('/proc/sys/kernel/sched_autogroup_enabled', 'utf8').catch(() => '0')
    return place?.isTop === true && isOn.trim() === '1'
  }

  async #make(found: Found, mark: string, limits: GroupLimits): Promise<ControlGroup> {
    const wanted = [...found].map(([controller, place]) => ({
      controller,
      version: place.version,
      directory: join(place.directory, prefix + mark),
    }))
    const directories = [...new Set(wanted.map(({ directory }) => directory))]
    const record = join(this.#records, mark)
    await mkdir(this.#records, { recursive: true, mode: 0o700 })
    await writeFile(record, JSON.stringify({ directories }))
    try {
      await Promise.all(directories.map(directory => mkdir(directory)))
      return await held(wanted, record, limits)
    } catch (error) {
      await removeGroup(directories, record)
      const message = `The limits of the sandbox could not be set: ${messageOf(error)}`
      throw new RuntimeError('unavailable', message, { cause: error })
    }
  }

  /** Finds out by making groups and putting a program into them. */
  async #try(): Promise<Found> {
    const places = await groupPlaces(this.#proc)
    const [unified] = [...places.values()].flat().filter(place => place.version === 2)
    if (unified !== undefined) await makeRoom(unified.directory, controllers.map(kernelName))
    const found = await Promise.all(
      [...places].map(async ([controller, candidates]): Promise<[Controller, GroupPlace][]> => {
        for (const place of candidates) if (await this.#works(controller, place)) return [[controller, place]]
        return []
      }),
    )
    return new Map(found.flat())
  }

  async #works(controller: Controller, place: GroupPlace): Promise<boolean> {
    if (place.version === 2 && !(await offers(place, controller))) return false
    const directory = join(place.directory, `${prefix}trial-${process.pid}-${++trials}`)
    const limits = { memoryBytes: 2 ** 30, processes: 100, cpus: cores / 2 }
    try {
      await mkdir(directory)
    } catch {
      return false
    }
    try {
      await setLimits(directory, place.version, controller, limits, cores)
      const [program = '', ...args] = joining([directory], ['/bin/true'])
      const request = { program, args, directory: '/', environment: {}, groups: [directory] }
      const started = await this.#starter.start(request)
      started.output.resume()
      return (await started.ended) === 'exit code 0'
    } catch {
      return false
    } finally {
      await removeGroup([directory], join(this.#records, 'trial'))
    }
  }
}

/** Sets the bounds of a group that was just made; what the kernel says afterwards is what counts. */
async function held(wanted: readonly Wanted[], record: string, limits: GroupLimits): Promise<ControlGroup> {
  const bounds = await Promise.all(
    wanted.map(async one => {
      await setLimits(one.directory, one.version, one.controller, limits, cores)
      return { ...one, value: await readLimit(one.directory, one.version, one.controller) }
    }),
  )
  const real = bounds.flatMap(({ value, ...bound }) => (value === undefined ? [] : [{ ...bound, value }]))
  const memory = real.find(({ controller }) => controller === 'memory')
  const processes = real.find(({ controller }) => controller === 'processes')
  return new ControlGroup({
    directories: [...new Set(wanted.map(({ directory }) => directory))],
    record,
    limits: real.map(({ controller, value, version }): Limit => ({ of: controller, value, by: `cgroup v${version}` })),
    memory: memory && {
      file: join(memory.directory, memory.version === 1 ? 'memory.oom_control' : 'memory.events'),
      bytes: memory.value,
    },
    processes: processes && { file: join(processes.directory, 'pids.events'), count: processes.value },
  })
}

function parse(text: string): readonly string[] {
  try {
    return Record.safeParse(JSON.parse(text)).data?.directories ?? []
  } catch {
    return []
  }
}
