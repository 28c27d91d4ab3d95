import { lstat, opendir } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { Refusal } from '../refusal.ts'

/** Folders of the workspace that are looked into. */
const folderLimit = 1000

/** Where git works. */
export interface Repository {
  readonly workspace: string
  /** Relative to the workspace; empty for the workspace itself. */
  readonly folder: string
  /** Absolute. */
  readonly directory: string
}

/** The workspace's own repository, or else the first, by name, of a folder directly in it. Runs nothing. */
export async function findRepository(workspace: string): Promise<Repository | undefined> {
  if (await hasGit(workspace)) return { workspace, folder: '', directory: workspace }
  const names: string[] = []
  for await (const entry of await opendir(workspace)) {
    if (entry.isDirectory()) names.push(entry.name)
    if (names.length >= folderLimit) break
  }
  for (const folder of names.sort()) {
    const directory = join(workspace, folder)
    if (await hasGit(directory)) return { workspace, folder, directory }
  }
  return undefined
}

/** A path of the workspace as the repository has it. Throws `Refusal` for one that is not in it. */
export function pathInRepository({ workspace, directory }: Repository, path: string): string {
  if (path === '' || path.includes('\0')) throw new Refusal(`Malformed paths not permitted: ${path}`)
  const inner = relative(directory, resolve(workspace, path))
  if (inner === '..' || inner.startsWith('../') || isAbsolute(inner)) {
    throw new Refusal(`Not in the repository: ${path.slice(0, 300)}.`)
  }
  return inner
}

async function hasGit(folder: string): Promise<boolean> {
  return lstat(join(folder, '.git')).then(
    () => true,
    () => false,
  )
}
