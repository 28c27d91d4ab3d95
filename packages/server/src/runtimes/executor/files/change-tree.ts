import { lstat, mkdir, rename, rm } from 'node:fs/promises'
import { posix } from 'node:path'
import { Refusal } from '../refusal.ts'
import { explainedInner, type Folder, findInner, makeMissing, openInnerFolder } from './folder.ts'
import type { Places } from './places.ts'

/** A name in a folder that is held open; the thing itself, where that is a link. */
interface Entry extends AsyncDisposable {
  readonly folder: Folder
  readonly place: string
}

/** Removes a file, a link or a folder with all that is in it. Throws `Refusal`. */
export async function removeEntry(places: Places, path: string): Promise<void> {
  await explainedInner(places, path, async () => {
    await using entry = await entryOf(places, path)
    await rm(entry.place, { recursive: true })
  })
}

/** Makes a folder, with those that it needs. Throws `Refusal` where something has its name. */
export async function makeFolder(places: Places, path: string): Promise<void> {
  await explainedInner(places, path, async () => {
    await using inner = await findInner(places, path, true)
    await using parent = await makeMissing(inner)
    const place = parent.at(inner.name)
    await refuseExisting(place, path)
    await mkdir(place)
  })
}

/** Gives something another name, making the folders that this needs. Throws `Refusal` where something has it already. */
export async function moveEntry(places: Places, from: string, to: string): Promise<void> {
  await explainedInner(places, from, async () => {
    await using source = await entryOf(places, from)
    await lstat(source.place)
    await explainedInner(places, to, async () => {
      await using inner = await findInner(places, to, true)
      const target = (folder: Folder): string => folder.at(inner.name)
      if (inner.missing.length === 0) await refuseExisting(target(inner.folder), to)
      await using parent = await makeMissing(inner)
      await rename(source.place, target(parent))
    })
  })
}

async function entryOf(places: Places, path: string): Promise<Entry> {
  const { dir, base } = posix.parse(path)
  if (['', '.', '..'].includes(base)) throw new Refusal(`Not a name in the workspace: ${path.slice(0, 300)}.`)
  const folder = await openInnerFolder(places, dir === '' ? '.' : dir)
  return { folder, place: folder.at(base), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

async function refuseExisting(place: string, path: string): Promise<void> {
  const exists = await lstat(place).then(
    () => true,
    () => false,
  )
  if (exists) throw new Refusal(`Something has this name already: ${path.slice(0, 300)}.`)
}
