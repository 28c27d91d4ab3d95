import { mkdir, realpath, rm, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import type { SessionId } from '@openhands/protocol'
import type { Outcome, Workspaces } from '../core/ports.ts'

export interface WorkspaceOptions {
  /** Where sessions get folders of their own. */
  readonly dataDir: string
  /** The folder that all sessions share, if the operator named one. */
  readonly base?: string
}

/** Every session works in the operator's folder, or a folder below it; without one, in a folder of its own. */
export function workspaceFolders(options: WorkspaceOptions): Workspaces {
  const ownFolder = (session: SessionId): string => join(options.dataDir, 'workspaces', session)
  return {
    async folderOf(session, wanted) {
      if (options.base !== undefined) return await below(options.base, wanted, options.dataDir)
      if (wanted !== undefined) {
        const message = `The folder "${wanted}" was not offered: start the server with --workspace-base to work in folders of this machine.`
        return { ok: false, message }
      }
      const path = ownFolder(session)
      await mkdir(path, { recursive: true, mode: 0o700 })
      return { ok: true, path }
    },
    async remove(session) {
      await rm(ownFolder(session), { recursive: true, force: true })
    },
  }
}

/**
 * A folder at or below `base`, links resolved on both sides: nothing that a client names leads elsewhere, or is looked
 * for there. One that contains `forbidden`, where the server keeps its log and secrets, is refused too (S12).
 */
async function below(base: string, wanted: string | undefined, forbidden: string): Promise<Outcome<{ path: string }>> {
  const name = wanted ?? base
  try {
    const root = await realpath(base)
    const asked = resolve(root, wanted ?? '.')
    if (!isInside(root, asked)) return outside(name)
    const path = await realpath(asked)
    if (!isInside(root, path) || isInside(path, await realpath(forbidden))) return outside(name)
    if (!(await stat(path)).isDirectory()) return { ok: false, message: `"${name}" is not a folder.` }
    return { ok: true, path }
  } catch {
    return { ok: false, message: `The folder "${name}" is not there, or not for this server to read.` }
  }
}

function outside(name: string): Outcome<never> {
  return { ok: false, message: `The folder "${name}" lies outside of what this server offers.` }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way)
}
