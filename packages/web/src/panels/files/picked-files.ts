import type { Picked } from './transfers.ts'

/** So many files are taken at a time. */
export const MOST_FILES = 2_000

/** Files to upload; `isAll` is false where there were more than are taken. */
export interface PickedFiles {
  readonly files: readonly Picked[]
  readonly isAll: boolean
}

/** Lets the user choose files for a folder of the workspace. */
export function chooseFiles(folder: string, onChosen: (picked: PickedFiles) => void): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  input.onchange = () =>
    onChosen(bounded([...(input.files ?? [])].map(file => ({ file, path: below(folder, file.name) }))))
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

async function gather(
  entries: readonly FileSystemEntry[],
  loose: readonly Picked[],
  folder: string,
): Promise<PickedFiles> {
  const files = [...loose]
  const waiting = [...entries]
  for (let entry = waiting.shift(); entry && files.length <= MOST_FILES; entry = waiting.shift()) {
    if (isFile(entry)) {
      const path = below(folder, entry.fullPath.replace(/^\//, ''))
      files.push({ path, file: await fileOf(entry) })
    } else if (isDirectory(entry)) waiting.push(...(await entriesOf(entry)))
  }
  return bounded(files)
}

function bounded(files: readonly Picked[]): PickedFiles {
  return { files: files.slice(0, MOST_FILES), isAll: files.length <= MOST_FILES }
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
