import { fileText } from '../../text.ts'
import type { Picked, Skipped } from './transfers.ts'

const words = fileText.transfers
/** So many files are taken at a time, and so many files and folders looked at for them. */
export const MOST_FILES = 2_000
const MOST_LOOKED_AT = 20_000

/** Files to upload, and what is left out of what was picked. */
export interface PickedFiles {
  readonly files: readonly Picked[]
  readonly leftOut: readonly Skipped[]
}

/** Lets the user choose files for a folder of the workspace. */
export function chooseFiles(folder: string, onChosen: (picked: PickedFiles) => void): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  input.onchange = () =>
    onChosen(
      bounded(
        [...(input.files ?? [])].map(file => ({ file, path: below(folder, file.name) })),
        [],
      ),
    )
  input.click()
}

/** What was dropped, with the files of dropped folders. Has to be called while the drop is told of: later it is gone. */
export function droppedFiles(transfer: DataTransfer, folder: string): Promise<PickedFiles> {
  const entries: FileSystemEntry[] = []
  const files: Picked[] = []
  for (const item of transfer.items) {
    const entry = item.webkitGetAsEntry()
    // What comes from another page, such as a picture, is no entry of a file system.
    const file = entry ? null : item.getAsFile()
    if (entry) entries.push(entry)
    if (file) files.push({ file, path: below(folder, file.name) })
  }
  return gather(entries, files, folder)
}

/** Folders are gone through one after the other; an entry that cannot be read is left out, and stops no other. */
async function gather(
  entries: readonly FileSystemEntry[],
  loose: readonly Picked[],
  folder: string,
): Promise<PickedFiles> {
  const files = [...loose]
  const leftOut: Skipped[] = []
  const waiting = [...entries]
  for (let looked = 0; looked < MOST_LOOKED_AT && files.length <= MOST_FILES; looked++) {
    const entry = waiting.shift()
    if (!entry) return bounded(files, leftOut)
    const path = below(folder, entry.fullPath.replace(/^\//, ''))
    try {
      if (isFile(entry)) files.push({ path, file: await fileOf(entry) })
      else if (isDirectory(entry)) {
        const inside = await entriesOf(entry)
        waiting.push(...inside)
        if (inside.length === 0) leftOut.push({ path, reason: words.emptyFolder })
      }
    } catch {
      leftOut.push({ path, reason: words.unreadable })
    }
  }
  return bounded(files, leftOut, waiting.length > 0)
}

function bounded(files: readonly Picked[], leftOut: readonly Skipped[], hasMore = false): PickedFiles {
  const isAll = files.length <= MOST_FILES && !hasMore
  const rest: readonly Skipped[] = isAll ? [] : [{ path: '…', reason: words.tooMany(MOST_FILES) }]
  return { files: files.slice(0, MOST_FILES), leftOut: [...leftOut, ...rest] }
}

function below(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject))
}

/** Browsers give the entries of a folder piece by piece, until there are no more. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  while (all.length <= MOST_FILES) {
    const some = await new Promise<readonly FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) break
    all.push(...some)
  }
  return all
}
