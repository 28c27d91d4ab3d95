import { realpathSync } from 'node:fs'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const lengthLimit = 100_000
const open: ReadonlySet<string> = new Set(['http:', 'https:', 'data:', 'blob:'])

/** An address, a file or a call that is not taken; the message is for the agent. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
}

/**
 * The address of a page that may be opened: of the web, or of a file below one of the folders, links followed. Throws
 * `NotAllowed` for pages of the browser itself, other files, and what is no address.
 */
export function checkedAddress(text: string, folders: readonly string[]): string {
  const url = text.length > lengthLimit ? null : URL.parse(text.trim())
  const shown = JSON.stringify(text.slice(0, 200))
  if (url === null)
    throw new NotAllowed(`${shown} is no address. Write it with its scheme, as in http://localhost:3000/.`)
  if (open.has(url.protocol) || url.href === 'about:blank') return url.href
  if (url.protocol === 'file:') return checkedFile(url, folders)
  throw new NotAllowed(`${shown} cannot be opened: only http, https, and files of the workspace can.`)
}

/** The real path of a file below one of the folders. Throws `NotAllowed`. */
export function checkedPath(path: string, folders: readonly string[]): string {
  const shown = JSON.stringify(path.slice(0, 200))
  try {
    const real = realpathSync(path)
    if (folders.some(folder => real === folder || real.startsWith(folder + sep))) return real
  } catch {
    throw new NotAllowed(`There is no file ${shown}.`)
  }
  throw new NotAllowed(`${shown} is outside of the folders that can be used here: ${folders.join(', ')}.`)
}

function checkedFile(url: URL, folders: readonly string[]): string {
  let path: string
  try {
    path = fileURLToPath(url)
  } catch {
    throw new NotAllowed(`${JSON.stringify(url.href.slice(0, 200))} does not name a file of this machine.`)
  }
  checkedPath(path, folders)
  return url.href
}
