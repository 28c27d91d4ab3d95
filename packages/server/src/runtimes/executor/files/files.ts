import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { explain, Refusal } from '../refusal.ts'
import { linesOf, numbered } from './numbered.ts'
import { type Places, resolveForWriting, resolvePath } from './places.ts'
import type { SeenFiles } from './seen-files.ts'
import { decodeText, readBytes, writeBytes } from './text-file.ts'

/** Files that a person looks at rather than reads; they are handed over as `data:` URLs. */
const mediaTypes: ReadonlyMap<string, string> = new Map([
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
  ['.jpeg', 'image/jpeg'],
  ['.bmp', 'image/bmp'],
  ['.gif', 'image/gif'],
  ['.webp', 'image/webp'],
  ['.pdf', 'application/pdf'],
  ['.mp4', 'video/mp4'],
  ['.webm', 'video/webm'],
  ['.ogg', 'video/ogg'],
])
/** Entries that the listing of a folder may have. */
const listLimit = 1000

/** The text of a file, or a `data:` URL of a picture, document or film. Throws `Refusal`. */
export async function readText(places: Places, seen: SeenFiles, path: string): Promise<string> {
  const file = resolvePath(places, path)
  return explained(file, places, async () => {
    const bytes = await readSeen(file, seen)
    const mediaType = mediaTypes.get(extname(file).toLowerCase())
    return mediaType === undefined ? decodeText(bytes, file) : `data:${mediaType};base64,${bytes.toString('base64')}`
  })
}

/** Creates or replaces a file. Throws `Refusal`, also when it has changed since the agent saw it. */
export async function writeText(places: Places, seen: SeenFiles, path: string, bytes: Uint8Array): Promise<void> {
  const name = resolvePath(places, path)
  await explained(name, places, async () => {
    const file = await resolveForWriting(places, path)
    await seen.refuseIfStale(file, name)
    await writeBytes(file, bytes)
    seen.remember(file, bytes)
  })
}

/** A file with numbered lines, or what is in a folder, two levels deep and without hidden entries. Throws `Refusal`. */
export async function view(
  places: Places,
  seen: SeenFiles,
  path: string,
  range?: readonly [number, number],
): Promise<string> {
  const file = resolvePath(places, path)
  return explained(file, places, async () => {
    const isFolder = (await stat(file)).isDirectory()
    if (isFolder && range !== undefined) throw new Refusal(`A range of lines fits no folder: ${file}.`)
    return isFolder ? listing(file) : viewLines(linesOf(decodeText(await readSeen(file, seen), file)), file, range)
  })
}

/** The bytes of a file, which the agent knows from now on. */
async function readSeen(file: string, seen: SeenFiles): Promise<Buffer> {
  const bytes = await readBytes(file)
  seen.remember(await realpath(file).catch(() => file), bytes)
  return bytes
}

function viewLines(lines: readonly string[], file: string, range: readonly [number, number] | undefined): string {
  const [first, end] = range ?? [1, -1]
  const last = end === -1 ? lines.length : Math.min(end, lines.length)
  const fits = Number.isInteger(first) && Number.isInteger(end) && first >= 1 && (end === -1 || end >= first)
  if (!fits || (range !== undefined && first > Math.max(1, lines.length))) {
    throw new Refusal(`Invalid range of lines: ${first} to ${end}. ${file} has ${lines.length} lines.`)
  }
  return numbered(lines, first, last)
}

async function listing(folder: string): Promise<string> {
  const found: string[] = []
  await list(folder, 2, found)
  const shown = found.slice(0, listLimit)
  const more = found.length > listLimit ? '[More entries were left out here.]\n' : ''
  return `${[folder, ...shown].join('\n')}\n${more}`
}

async function list(folder: string, depth: number, found: string[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true })
  const visible = entries.filter(entry => !entry.name.startsWith('.'))
  visible.sort((one, other) => (one.name < other.name ? -1 : 1))
  for (const entry of visible) {
    if (found.length > listLimit) return
    const path = join(folder, entry.name)
    found.push(entry.isDirectory() ? `${path}/` : path)
    // A folder that may not be looked into is still named.
    if (entry.isDirectory() && depth > 1) await list(path, depth - 1, found).catch(() => undefined)
  }
}

/** Runs `act`; an error of the file system becomes what the user should read about `file`. */
export async function explained<T>(file: string, places: Places, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw explain(error, file, places.workspace)
  }
}
