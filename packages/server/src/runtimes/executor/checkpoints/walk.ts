import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { Refusal } from '../refusal.ts'
import { type BytePath, onDisk } from './byte-path.ts'
import { isUnchanged, type KnownFiles } from './known-files.ts'
import { isGeneratedFolder, isMarkedFolder, LeftOut } from './left-out.ts'
import type { CheckpointLimits } from './limits.ts'
import { Slices } from './slices.ts'

/** What a look at every file of a workspace found. */
export interface Walked {
  /** Files and links that may differ from what is known of them. */
  readonly changed: readonly (readonly [path: BytePath, bytes: number])[]
  /** Known files that are no longer there, or are left out now. */
  readonly removed: readonly BytePath[]
  /** Folders in which nothing is kept. */
  readonly empty: readonly BytePath[]
  /** Files that only their owner may read. */
  readonly secret: readonly BytePath[]
  readonly leftOut: LeftOut
}

/** Looks at a workspace without following links; throws `Refusal` when there is too much in it. */
export async function walk(
  root: BytePath,
  known: KnownFiles,
  limits: CheckpointLimits,
  signal: AbortSignal,
): Promise<Walked> {
  const walker = new Walker(root, known, limits)
  const slices = new Slices(signal)
  while (walker.step()) if (slices.isOver) await slices.pause()
  return walker.finish()
}

/** A folder that is being looked at. */
interface OpenFolder {
  readonly path: BytePath
  names: readonly BytePath[] | undefined
  /** How many of its names have been looked at. */
  at: number
  kept: boolean
}

/** Entries of a folder that are looked at without a pause. */
const stepEntries = 200

class Walker {
  readonly #root: BytePath
  readonly #known: KnownFiles
  readonly #limits: CheckpointLimits
  readonly #open: OpenFolder[] = [{ path: '', names: undefined, at: 0, kept: false }]
  readonly #seen = new Set<BytePath>()
  readonly #changed: [BytePath, number][] = []
  readonly #empty: BytePath[] = []
  readonly #secret: BytePath[] = []
  readonly #leftOut = new LeftOut()
  #knownSeen = 0
  #bytes = 0

  constructor(root: BytePath, known: KnownFiles, limits: CheckpointLimits) {
    this.#root = root
    this.#known = known
    this.#limits = limits
  }

  /** Looks at some entries; false when there are none left. */
  step(): boolean {
    const place = this.#open.at(-1)
    if (place === undefined) return false
    place.names ??= this.#enter(place.path)
    const end = Math.min(place.at + stepEntries, place.names.length)
    // `#look` may put folders on top of this one; it is gone on with when they are done.
    for (const name of place.names.slice(place.at, end)) {
      if (this.#look(place.path === '' ? name : `${place.path}/${name}`, name, place.names)) place.kept = true
    }
    place.at = end
    if (end === place.names.length) this.#leave(place)
    this.#checkBounds()
    return true
  }

  finish(): Walked {
    const isComplete = this.#known.size === this.#knownSeen
    const removed = isComplete ? [] : [...this.#known.keys()].filter(path => !this.#seen.has(path))
    const [empty, secret] = [this.#empty.sort(), this.#secret.sort()]
    return { changed: this.#changed, removed, empty, secret, leftOut: this.#leftOut }
  }

  /** What is to be looked at in a folder. */
  #enter(folder: BytePath): BytePath[] {
    const names = this.#namesIn(folder)
    if (folder === '' || names === undefined || !isMarkedFolder(names)) return names ?? []
    this.#leftOut.add(`${folder}/`, 'can be made anew')
    return []
  }

  #leave(place: OpenFolder): void {
    this.#open.splice(this.#open.indexOf(place), 1)
    if (!place.kept && place.path !== '') this.#empty.push(place.path)
  }

  #namesIn(folder: BytePath): BytePath[] | undefined {
    try {
      return readdirSync(onDisk(this.#root, folder), { encoding: 'latin1' })
    } catch (error) {
      if (folder === '') throw error
      // One that has gone meanwhile is not there; of others nothing can be known.
      if (codeOf(error) !== 'ENOENT') this.#leftOut.add(`${folder}/`, 'cannot be read')
      return undefined
    }
  }

  /** Whether the folder that it is in exists in a checkpoint because of it. */
  #look(path: BytePath, name: BytePath, siblings: readonly BytePath[]): boolean {
    if (name === '.git') {
      this.#leftOut.add(path, 'a repository of its own')
      return false
    }
    const stats = this.#statsOf(path)
    if (stats === undefined) return false
    if (stats.isDirectory()) return this.#lookAtFolder(path, name, siblings)
    if (stats.isSymbolicLink()) return this.#keep(path, stats)
    if (!stats.isFile()) this.#leftOut.add(path, 'not a file')
    else if (stats.size > this.#limits.fileBytes) this.#leftOut.add(path, `${stats.size} bytes`)
    else return this.#keep(path, stats)
    return false
  }

  #lookAtFolder(path: BytePath, name: BytePath, siblings: readonly BytePath[]): boolean {
    if (isGeneratedFolder(name, siblings)) {
      this.#leftOut.add(`${path}/`, 'can be made anew')
      return false
    }
    this.#open.push({ path, names: undefined, at: 0, kept: false })
    return true
  }

  #keep(path: BytePath, stats: Stats): boolean {
    this.#seen.add(path)
    this.#bytes += stats.size
    if (stats.isFile() && (stats.mode & 0o077) === 0) this.#secret.push(path)
    const known = this.#known.get(path)
    if (known !== undefined) this.#knownSeen++
    if (known === undefined || !isUnchanged(known, stats)) this.#changed.push([path, stats.size])
    return true
  }

  #statsOf(path: BytePath): Stats | undefined {
    try {
      return lstatSync(onDisk(this.#root, path), { throwIfNoEntry: false })
    } catch {
      this.#leftOut.add(path, 'cannot be read')
      return undefined
    }
  }

  #checkBounds(): void {
    const { entries, storeBytes } = this.#limits
    const advice =
      'Checkpoints are off for it; a smaller folder as workspace, or one without data sets, brings them back.'
    if (this.#seen.size + this.#empty.length > entries)
      throw new Refusal(`The workspace has more than ${entries} files. ${advice}`)
    if (this.#bytes > storeBytes / 2)
      throw new Refusal(`The files of the workspace have more than ${storeBytes / 2} bytes. ${advice}`)
  }
}

/** The code of an error of the file system. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
