import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { isDraft } from './draft.ts'
import { Folder } from './folder.ts'
import { openEntries } from './folder-entries.ts'

/** Folders that are watched, and paths that are told at once. */
const folderLimit = 5000
const pathLimit = 500
/** How long, in milliseconds, changes are collected. */
const joinTime = 200
/** Folders that hold too much to be of interest. */
const passedOver: ReadonlySet<string> = new Set(['node_modules', '__pycache__', '.venv'])
/** What changes in `.git` when there is something else for git to tell. */
const gitFiles: ReadonlySet<string> = new Set(['HEAD', 'index', 'packed-refs', 'MERGE_HEAD'])

/** See `FilesChanged` in the ports. */
export interface Changes {
  readonly paths: readonly string[]
  readonly all: boolean
}

/**
 * Tells what changes in a workspace: by inotify, never by looking again and again. A path stands for all below it. Of
 * `.git` only the changes that matter to its user are told, as the path of `.git`; big folders of installed packages are
 * passed over. With more folders than can be watched, every change is told as `all`, and some may go unnoticed.
 */
export class WorkspaceWatch {
  readonly #root: string
  readonly #onChange: (changes: Changes) => void
  readonly #watchers = new Map<string, FSWatcher>()
  /** What has changed since it was last told, and of that what has come, gone or been renamed. */
  #changed = new Set<string>()
  #moved = new Set<string>()
  #isFull = false
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  #work: Promise<void>

  /** `root` has no links in it. */
  constructor(root: string, onChange: (changes: Changes) => void) {
    this.#root = root
    this.#onChange = onChange
    this.#work = this.#add('')
  }

  /** Resolves when everything that is there now is watched. */
  get ready(): Promise<void> {
    return this.#work
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** Watches a folder and those in it. */
  async #add(path: string): Promise<void> {
    const waiting = [path]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.#isClosed || !this.#watch(next)) return
      if (isGit(next)) continue
      for (const name of await this.#foldersIn(next)) waiting.push(join(next, name))
    }
  }

  /** False when no more can be watched. */
  #watch(path: string): boolean {
    if (this.#watchers.has(path)) return true
    if (this.#watchers.size >= folderLimit) return this.#fill()
    try {
      const watcher = watch(join(this.#root, path), { persistent: false }, (type, name) =>
        this.#notice(type, path, name),
      )
      watcher.on('error', () => this.#remove(path))
      this.#watchers.set(path, watcher)
      return true
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      // The system has a limit too; a folder that is gone or closed to us is only not watched.
      return code === 'ENOSPC' || code === 'EMFILE' ? this.#fill() : true
    }
  }

  #fill(): boolean {
    if (!this.#isFull) {
      this.#isFull = true
      this.#tell('')
    }
    return false
  }

  async #foldersIn(path: string): Promise<string[]> {
    const names: string[] = []
    try {
      await using folder = await Folder.open(join(this.#root, path))
      for await (const entry of await openEntries(folder)) {
        const name = entry.name.toString('utf8')
        if (entry.isDirectory() && !passedOver.has(name)) names.push(name)
        if (names.length > folderLimit) break
      }
    } catch {
      // It is gone again, or may not be looked into.
    }
    return names
  }

  #notice(type: string, folder: string, name: string | null): void {
    if (this.#isClosed || name === null || isDraft(name)) return
    if (isGit(folder)) {
      if (gitFiles.has(name)) this.#tell(folder)
      return
    }
    const path = join(folder, name)
    if (type === 'rename' && !passedOver.has(name) && this.#moved.size <= pathLimit) this.#moved.add(path)
    this.#tell(path)
  }

  /** Watches what has come and no longer what has gone, all of it anew where too much has moved. */
  async #follow(moved: ReadonlySet<string>): Promise<void> {
    for (const path of moved.size > pathLimit ? [''] : moved) {
      this.#remove(path)
      if (path === '' || (await this.#isFolder(path))) await this.#add(path)
    }
  }

  async #isFolder(path: string): Promise<boolean> {
    try {
      await using _folder = await Folder.open(join(this.#root, path))
      return true
    } catch {
      return false
    }
  }

  #remove(path: string): void {
    for (const [watched, watcher] of this.#watchers) {
      if (path !== '' && watched !== path && !watched.startsWith(`${path}/`)) continue
      watcher.close()
      this.#watchers.delete(watched)
    }
  }

  #tell(path: string): void {
    if (this.#changed.size <= pathLimit) this.#changed.add(path)
    this.#timer ??= setTimeout(() => {
      this.#work = this.#work.then(() => this.#flush())
      this.#work.catch(() => undefined)
    }, joinTime)
  }

  /** Tells only when what is new is watched: whoever looks then misses nothing that comes after. */
  async #flush(): Promise<void> {
    this.#timer = undefined
    const [changed, moved] = [this.#changed, this.#moved]
    this.#changed = new Set()
    this.#moved = new Set()
    await this.#follow(moved)
    if (this.#isClosed) return
    const all = this.#isFull || changed.size > pathLimit
    this.#onChange({ paths: all ? [] : [...changed], all })
  }
}

function isGit(path: string): boolean {
  return path === '.git' || path.endsWith('/.git')
}
