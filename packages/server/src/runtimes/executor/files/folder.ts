import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, realpath } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { explain, Refusal } from '../refusal.ts'
import { followed, type Places, resolvePath } from './places.ts'

/** O_PATH, which Node does not name: a descriptor that stands for a place and reads nothing. */
const placeOnly = 0o10000000
const folderOnly = placeOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW

/**
 * A folder held open: what is reached through it lies in this very folder, whatever has been put in its place
 * meanwhile. The kernel resolves `/proc/self/fd/n` to the folder itself, so this is `openat` for Node.
 */
export class Folder implements AsyncDisposable {
  readonly #handle: FileHandle

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Opens a folder by its path, which must have no link as its last part. Throws the file system's error. */
  static async open(path: string): Promise<Folder> {
    return new Folder(await open(path, folderOnly))
  }

  /** The folder itself, as long as it is open. */
  get path(): string {
    return `/proc/self/fd/${this.#handle.fd}`
  }

  /** What has this name in it, as long as it is open. */
  at(name: string): string {
    return `${this.path}/${name}`
  }

  /** Opens a folder in it, making it when `isMade`; never a link to one. */
  async enter(name: string, isMade = false): Promise<Folder> {
    if (isMade) {
      await mkdir(this.at(name)).catch(error => {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      })
    }
    return Folder.open(this.at(name))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }
}

/** Something of the workspace: the folder that holds it, and its name there. */
export interface Inner extends AsyncDisposable {
  readonly folder: Folder
  /** Folders below `folder` that are still to be made for it. */
  readonly missing: readonly string[]
  /** A single name; `.` for the workspace itself. */
  readonly name: string
  /** The absolute path of `folder`, without links. */
  readonly path: string
}

/**
 * Finds something of the workspace; links are followed as long as they stay in it, and the folders on the way are
 * opened one by one, so that none can be exchanged for a link unnoticed (S11). With `mayMiss` the last parts of the
 * path need not exist. Throws `Refusal` for what lies outside, or the file system's error.
 */
export async function findInner(places: Places, path: string, mayMiss = false): Promise<Inner> {
  const wanted = resolvePath(places, path)
  const root = await realpath(places.workspace)
  // What is outside by its spelling is refused unseen: the answer tells nothing about it.
  if (!isWithin(wanted, places.workspace) && !isWithin(wanted, root)) throw outside(path)
  const found = mayMiss ? await followed(wanted) : await realpath(wanted)
  if (!isWithin(found, root)) throw outside(path)
  const names = found === root ? ['.'] : relative(root, found).split('/')
  const name = names.pop() ?? '.'
  const { folder, missing } = await descend(await Folder.open(root), names, mayMiss)
  const entered = names.slice(0, names.length - missing.length)
  return {
    folder,
    missing,
    name,
    path: join(root, ...entered),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

async function descend(
  root: Folder,
  names: readonly string[],
  mayMiss: boolean,
): Promise<{ readonly folder: Folder; readonly missing: readonly string[] }> {
  let folder = root
  for (const [index, name] of names.entries()) {
    const next = await folder.enter(name).catch(async error => {
      if (mayMiss && error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      await folder[Symbol.asyncDispose]()
      throw error
    })
    if (next === undefined) return { folder, missing: names.slice(index) }
    await folder[Symbol.asyncDispose]()
    folder = next
  }
  return { folder, missing: [] }
}

/** Makes the folders that are missing; the last of them, or a second hold on the folder when none is. */
export async function makeMissing({ folder, missing }: Inner): Promise<Folder> {
  let last = await folder.enter('.')
  for (const name of missing) {
    await using parent = last
    last = await parent.enter(name, true)
  }
  return last
}

/** Opens a regular file of the workspace to be read; never waits for a pipe or a device. Throws `Refusal`. */
export async function openInner(places: Places, path: string): Promise<FileHandle> {
  return explainedInner(places, path, async () => {
    await using inner = await findInner(places, path)
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | constants.O_NOFOLLOW
    const file = await open(inner.folder.at(inner.name), flags)
    const stats = await file.stat()
    if (stats.isFile()) return file
    await file.close()
    throw new Refusal(stats.isDirectory() ? `Path is a directory: ${path}.` : `Not a regular file: ${path}.`)
  })
}

/** Opens a folder of the workspace. Throws `Refusal`. */
export async function openInnerFolder(places: Places, path: string): Promise<Folder> {
  return explainedInner(places, path, async () => {
    await using inner = await findInner(places, path)
    return await inner.folder.enter(inner.name)
  })
}

/** Runs `act`; an error of the file system becomes a refusal that names the file as it was asked for. */
export async function explainedInner<T>(places: Places, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw explain(error, resolve(places.workspace, path), places.workspace)
  }
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root === '/' ? root : `${root}/`)
}

function outside(path: string): Refusal {
  return new Refusal(`Not in the workspace: ${path.slice(0, 300)}.`)
}
