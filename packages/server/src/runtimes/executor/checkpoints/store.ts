import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readBlobs } from './blobs.ts'
import type { BytePath } from './byte-path.ts'
import { takenAt } from './checkpoint-id.ts'
import type { Git } from './git-process.ts'
import { treePaths } from './importer.ts'
import type { Mode } from './known-files.ts'
import { type Manifest, parseManifest } from './manifest.ts'

/** Nothing is synced or tidied up behind our back, and everything new comes as a pack. */
const settings = `[core]
	fsync = none
	compression = 1
	hooksPath = /dev/null
[fastimport]
	unpackLimit = 0
[gc]
	auto = 0
[pack]
	threads = 1
`
const space = 'refs/checkpoints'

/** A checkpoint that is kept. */
export interface Kept {
  readonly id: string
  readonly label: string
  /** The hash of its tree. */
  readonly tree: string
}

/** What a file is in a checkpoint. */
export interface TreeFile {
  readonly path: BytePath
  readonly mode: Mode
  readonly hash: string
}

/** How one checkpoint differs from another: files to be written, paths to be removed. */
export interface Difference {
  readonly written: readonly TreeFile[]
  readonly removed: readonly BytePath[]
}

/** The repository of the checkpoints, which knows nothing of the workspace. One request at a time. */
export class CheckpointStore {
  readonly git: Git

  constructor(git: Git) {
    this.git = git
  }

  /** The reference of a checkpoint. */
  referenceOf(id: string): string {
    return `${space}/${id}`
  }

  /** Makes the repository where there is none and removes what an earlier end has left in it. */
  async open(signal: AbortSignal): Promise<void> {
    this.git.requireProgram()
    mkdirSync(this.git.repository, { recursive: true, mode: 0o700 })
    this.tidy()
    if (existsSync(join(this.git.repository, 'HEAD'))) return
    // First, so that a repository without it is never taken for a finished one.
    writeFileSync(join(this.git.repository, 'config'), settings)
    await this.git.ask(['init', '--quiet', '--bare', '--template='], signal)
  }

  /** Throws everything away. */
  reset(): void {
    rmSync(this.git.repository, { recursive: true, force: true })
  }

  /** Removes locks and drafts of processes that were killed; only while none runs. */
  tidy(): void {
    const folders = ['', 'refs', space, 'objects/pack'].map(folder => join(this.git.repository, folder))
    for (const folder of folders) {
      for (const name of namesIn(folder))
        if (/\.lock$|^\.?tmp[-_]|^fast_import_crash_/.test(name)) rmSync(join(folder, name), { force: true })
    }
  }

  /** Newest first. */
  async list(signal: AbortSignal): Promise<Kept[]> {
    const format = '--format=%(refname:lstrip=2)%00%(tree)%00%(contents:subject)'
    const text = (await this.git.ask(['for-each-ref', '--sort=-refname', format, `${space}/`], signal)).toString('utf8')
    return text.split('\n').flatMap(line => {
      const [id = '', tree = '', label = ''] = line.split('\0')
      return takenAt(id) === undefined ? [] : [{ id, tree, label }]
    })
  }

  async remove(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const commands = ids.map(id => `delete ${this.referenceOf(id)}\n`).join('')
    if (ids.length > 0) await this.git.ask(['update-ref', '--stdin'], signal, commands)
  }

  async manifest(id: string, signal: AbortSignal): Promise<Manifest> {
    const text = await this.git.ask(['cat-file', 'blob', `${this.referenceOf(id)}:${treePaths.manifest}`], signal)
    return parseManifest(text.toString('utf8'))
  }

  async files(id: string, signal: AbortSignal): Promise<TreeFile[]> {
    const text = await this.git.ask(['ls-tree', '-r', '-z', this.referenceOf(id)], signal)
    return records(text).flatMap(record => {
      const [facts = '', path = ''] = split(record, '\t')
      const [mode, , hash = ''] = facts.split(' ')
      return fileOf(mode, hash, path)
    })
  }

  async difference(from: string, to: string, signal: AbortSignal): Promise<Difference> {
    const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', this.referenceOf(from), this.referenceOf(to)]
    const fields = records(await this.git.ask(args, signal))
    const written: TreeFile[] = []
    const removed: BytePath[] = []
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [, mode, , hash = '', status] = (fields[at] ?? '').split(' ')
      const path = fields[at + 1] ?? ''
      if (status !== 'D') written.push(...fileOf(mode, hash, path))
      else if (path.startsWith(prefix)) removed.push(path.slice(prefix.length))
    }
    return { written, removed }
  }

  /** A file of the workspace as a checkpoint has it; undefined where there is none. */
  async file(id: string, path: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const wanted = Buffer.from(path).toString('latin1')
    const found = (await this.files(id, signal)).find(file => file.path === wanted)
    return found && (await this.git.ask(['cat-file', 'blob', found.hash], signal))
  }

  /** The contents of files, in their order. */
  contents(files: readonly TreeFile[], signal: AbortSignal): AsyncGenerator<Buffer, void> {
    const hashes = files.map(file => file.hash)
    return readBlobs(this.git, hashes, signal)
  }

  /** Whether all contents are there. */
  async holds(files: readonly TreeFile[], signal: AbortSignal): Promise<boolean> {
    if (files.length === 0) return true
    const input = files.map(({ hash }) => `${hash}\n`).join('')
    const answer = await this.git.ask(['cat-file', '--batch-check=%(objecttype)'], signal, input)
    return (
      answer
        .toString('latin1')
        .split('\n')
        .filter(type => type === 'blob').length === files.length
    )
  }

  /** Joins all packs into one that holds what checkpoints need and nothing else. */
  async pack(signal: AbortSignal): Promise<void> {
    await this.git.ask(['repack', '-a', '-d', '-q', '--window=5', '--depth=20'], signal)
  }

  /** The packs on disk, and their bytes. */
  size(): { readonly packs: number; readonly bytes: number } {
    const folder = join(this.git.repository, 'objects', 'pack')
    const names = namesIn(folder)
    const sizes = names.map(name => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
    return {
      packs: names.filter(name => name.endsWith('.pack')).length,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
    }
  }
}

const prefix = `${treePaths.workspace}/`

function fileOf(mode: string | undefined, hash: string, path: string): TreeFile[] {
  const isMode = mode === '100644' || mode === '100755' || mode === '120000'
  return isMode && path.startsWith(prefix) ? [{ path: path.slice(prefix.length), mode, hash }] : []
}

function records(text: Buffer): string[] {
  return text.toString('latin1').split('\0').slice(0, -1)
}

function split(text: string, at: string): [string, string] {
  const index = text.indexOf(at)
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + at.length)]
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
