import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Refusal } from '../refusal.ts'

/** The folders of a session as programs inside see them. */
export interface Places {
  /** Relative paths begin here. */
  readonly workspace: string
  /** The only folders in which file tools write. */
  readonly writable: readonly string[]
}

/** The absolute path that a tool's argument means. Throws `Refusal` for one that no file can have. */
export function resolvePath(places: Places, path: string): string {
  if (path === '' || path.includes('\0')) throw new Refusal(`Malformed paths not permitted: ${path}`)
  return resolve(places.workspace, path)
}

/** The path of the file that writing to `path` changes, links followed. Throws `Refusal` outside the writable folders. */
export async function resolveForWriting(places: Places, path: string): Promise<string> {
  const target = await followed(resolvePath(places, path))
  const roots = await Promise.all(places.writable.map(root => realpath(root).catch(() => root)))
  if (roots.some(root => target.startsWith(root.endsWith('/') ? root : `${root}/`))) return target
  throw new Refusal(`Permission denied: ${path} is outside ${places.writable.join(', ')}.`)
}

/** Like `realpath`, but the last parts of the path need not exist. */
export async function followed(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isMissing || path === '/') throw error
    const link = await lstat(path).catch(() => undefined)
    if (link?.isSymbolicLink()) throw new Refusal(`The link ${path} leads nowhere.`)
    return join(await followed(dirname(path)), basename(path))
  }
}
