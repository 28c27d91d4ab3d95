import {
  chmodSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { type BytePath, folderOf, onDisk } from './byte-path.ts'
import type { LeftOut } from './left-out.ts'
import type { Manifest } from './manifest.ts'
import { Slices } from './slices.ts'
import type { Difference, TreeFile } from './store.ts'

/** What brings a workspace from one checkpoint to another. */
export interface Step {
  readonly difference: Difference
  readonly before: Manifest
  readonly after: Manifest
  /** The contents of the files to be written, in their order. */
  readonly contents: AsyncIterable<Buffer>
  /** Whether the workspace's present state is kept somewhere, as far as this path is concerned. */
  isKept(path: BytePath): boolean
}

/** What is in the way of a file and is kept nowhere gets this at the end of its name. */
const aside = '.before-restore'

/**
 * Brings a workspace to another state; done again after an interruption it comes to the same end. It never writes through
 * a link, and what no checkpoint holds is moved aside rather than lost; `leftOut` gets what was moved or cannot be done.
 */
export async function applyStep(root: BytePath, step: Step, leftOut: LeftOut, signal: AbortSignal): Promise<void> {
  const worker = new Restorer(root, step, leftOut)
  const slices = new Slices(signal)
  const { removed, written } = step.difference
  for (const path of removed) {
    worker.attempt(path, () => worker.remove(path))
    if (slices.isOver) await slices.pause()
  }
  worker.removeFolders([...removed.map(folderOf), ...step.before.empty])
  let index = 0
  for await (const content of step.contents) {
    const file = written[index++]
    if (file !== undefined) worker.attempt(file.path, () => worker.write(file, content))
    if (slices.isOver) await slices.pause()
  }
  for (const path of step.after.empty) worker.attempt(path, () => worker.makeFolder(path))
  worker.setSecrecy()
}

class Restorer {
  readonly #root: BytePath
  readonly #step: Step
  readonly #leftOut: LeftOut
  /** Folders that are known to be there and to be no links. */
  readonly #folders = new Set<BytePath>([''])
  readonly #secret: ReadonlySet<BytePath>

  constructor(root: BytePath, step: Step, leftOut: LeftOut) {
    this.#root = root
    this.#step = step
    this.#leftOut = leftOut
    this.#secret = new Set(step.after.secret)
  }

  /** One file that cannot be changed does not keep the others from it. */
  attempt(path: BytePath, change: () => void): void {
    try {
      change()
    } catch (error) {
      this.#leftOut.add(path, `could not be restored: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  remove(path: BytePath): void {
    if (!this.#hasFolders(folderOf(path))) return
    const stats = this.#statsOf(path)
    if (stats !== undefined && !stats.isDirectory()) unlinkSync(this.#at(path))
  }

  /** Removes the folders and those around them, where nothing is left in them and they are not wanted empty. */
  removeFolders(paths: readonly BytePath[]): void {
    const wanted = new Set(this.#step.after.empty)
    const all = new Set<BytePath>()
    for (const path of paths) for (let at = path; at !== ''; at = folderOf(at)) all.add(at)
    for (const path of [...all].sort().reverse()) {
      if (wanted.has(path) || !this.#hasFolders(path)) continue
      try {
        rmdirSync(this.#at(path))
      } catch {
        // Something is left in it, and it stays.
      }
    }
  }

  write(file: TreeFile, content: Buffer): void {
    const { path, mode } = file
    this.makeFolder(folderOf(path))
    this.#clear(path)
    const draft = this.#draftOf(path)
    try {
      if (mode === '120000') symlinkSync(content, this.#at(draft))
      else {
        writeFileSync(this.#at(draft), content, { flag: 'wx', mode: 0o600 })
        chmodSync(this.#at(draft), this.#permissions(file))
      }
      renameSync(this.#at(draft), this.#at(path))
    } catch (error) {
      rmSync(this.#at(draft), { force: true })
      throw error
    }
  }

  makeFolder(path: BytePath): void {
    if (this.#folders.has(path)) return
    this.makeFolder(folderOf(path))
    if (!this.#statsOf(path)?.isDirectory()) {
      this.#clear(path)
      if (this.#statsOf(path) !== undefined) unlinkSync(this.#at(path))
      mkdirSync(this.#at(path))
    }
    this.#folders.add(path)
  }

  /** Files whose content is right may have been open to others before, or not. */
  setSecrecy(): void {
    const before = new Set(this.#step.before.secret)
    const written = new Set(this.#step.difference.written.map(({ path }) => path))
    for (const path of new Set([...before, ...this.#secret])) {
      if (before.has(path) === this.#secret.has(path) || written.has(path)) continue
      this.attempt(path, () => {
        const stats = this.#hasFolders(folderOf(path)) ? this.#statsOf(path) : undefined
        if (!stats?.isFile()) return
        const own = stats.mode & 0o700
        chmodSync(this.#at(path), this.#secret.has(path) ? own : own | ((own & 0o500) >> 3) | ((own & 0o500) >> 6))
      })
    }
  }

  /** Moves away what must not be replaced. */
  #clear(path: BytePath): void {
    const stats = this.#statsOf(path)
    if (stats === undefined) return
    if (!stats.isDirectory() && this.#step.isKept(path)) return
    let name = path + aside
    for (let number = 2; this.#statsOf(name) !== undefined; number++) name = `${path}${aside}-${number}`
    renameSync(this.#at(path), this.#at(name))
    this.#leftOut.add(name, 'was in the way and is in no checkpoint')
  }

  #draftOf(path: BytePath): BytePath {
    const folder = folderOf(path)
    const base = folder === '' ? '' : `${folder}/`
    let number = 0
    while (this.#statsOf(`${base}.openhands-restore-${number}`) !== undefined) number++
    return `${base}.openhands-restore-${number}`
  }

  #permissions({ path, mode }: TreeFile): number {
    if (this.#secret.has(path)) return mode === '100755' ? 0o700 : 0o600
    return mode === '100755' ? 0o755 : 0o644
  }

  /** Whether the path leads through folders only, itself included. */
  #hasFolders(path: BytePath): boolean {
    for (let at = path; at !== ''; at = folderOf(at)) if (!this.#statsOf(at)?.isDirectory()) return false
    return true
  }

  #statsOf(path: BytePath): Stats | undefined {
    try {
      return lstatSync(this.#at(path), { throwIfNoEntry: false })
    } catch {
      return undefined
    }
  }

  #at(path: BytePath): string | Buffer {
    return onDisk(this.#root, path)
  }
}
