import type { Runtime } from '../core/ports.ts'
import { workspacePath } from './file-name.ts'
import { RouteError } from './route-errors.ts'

/** A path in the workspace, relative to it. Throws the 400 of one that is not, by its spelling alone (S10). */
export function innerPath(path: string, runtime: Pick<Runtime, 'workspace'> | undefined): string {
  const inside = workspacePath(path, runtime?.workspace ?? '/workspace')
  if (inside === undefined) throw new RouteError(400, { detail: 'Not a path in the workspace.' })
  return inside
}

/** The same, of something in the workspace: not the workspace itself. */
export function innerEntry(path: string, runtime: Pick<Runtime, 'workspace'> | undefined): string {
  const inside = innerPath(path, runtime)
  if (inside === '') throw new RouteError(400, { detail: 'Name something in the workspace, not the workspace itself.' })
  return inside
}
