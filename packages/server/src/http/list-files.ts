import ignore, { type Ignore } from 'ignore'
import type { FileEntry, Files } from '../core/ports.ts'

/** Left out at the top of the workspace, exactly so (wire A5.4). */
const neverShown: ReadonlySet<string> = new Set(['.git/', '.DS_Store', 'node_modules/', '__pycache__/'])
/** Bytes of a `.gitignore` that are read. */
const rulesLimit = 256 * 1024

/** What a page shows of a folder. */
export interface FolderListing {
  readonly paths: readonly string[]
  /** Entries beyond those that a listing has. */
  readonly leftOut: number
}

/**
 * A folder of the workspace as the file tree of a page shows it (wire A5.4): folders first and with a slash, each with
 * `asked`, the path as the client spelled it, before its name; without what the workspace's `.gitignore` hides. A folder
 * that is not there is empty.
 */
export async function listFiles(
  files: Files,
  path: string,
  asked: string,
  signal: AbortSignal,
): Promise<FolderListing> {
  const listed = await files.list(path === '' ? '.' : path, signal)
  if (!listed.ok) return { paths: [], leftOut: 0 }
  const rules = await ignoreRules(files, signal)
  const named = listed.entries.map(entry => ({ entry, name: nameOf(entry) }))
  const shown = named.filter(({ name }) => {
    if (asked === '' && neverShown.has(name)) return false
    return rules === undefined || !rules.ignores(path === '' ? name : `${path}/${name}`)
  })
  shown.sort((a, b) => Number(isFolder(b.entry)) - Number(isFolder(a.entry)) || compare(a.name, b.name))
  const prefix = asked === '' || asked.endsWith('/') ? asked : `${asked}/`
  return { paths: shown.map(({ name }) => prefix + name), leftOut: listed.leftOut }
}

async function ignoreRules(files: Files, signal: AbortSignal): Promise<Ignore | undefined> {
  const opened = await files.download('.gitignore', 0, signal)
  if (!opened.ok) return undefined
  await using stream = opened.stream
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of stream.output) {
    pieces.push(piece)
    size += piece.length
    if (size > rulesLimit) break
  }
  return ignore({ allowRelativePaths: true }).add(Buffer.concat(pieces).toString('utf8'))
}

function isFolder({ kind, to }: FileEntry): boolean {
  return kind === 'folder' || to === 'folder'
}

function nameOf(entry: FileEntry): string {
  return isFolder(entry) ? `${entry.name}/` : entry.name
}

function compare(a: string, b: string): number {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()]
  if (one === other) return a < b ? -1 : 1
  return one < other ? -1 : 1
}
