import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { Refusal } from '../refusal.ts'
import { type BytePath, rootOf } from './byte-path.ts'
import { makeId, takenAt } from './checkpoint-id.ts'
import { type Compared, compare } from './compare.ts'
import { GitError } from './git-process.ts'
import type { Draft } from './importer.ts'
import { formatKnown, type KnownFiles, parseKnown, unread } from './known-files.ts'
import { type CheckpointLimits, checkpointLimits } from './limits.ts'
import { formatManifest } from './manifest.ts'
import { RefusedWorkspace } from './refused-workspace.ts'
import { applyStep } from './restore.ts'
import { writeSnapshot } from './snapshot.ts'
import type { CheckpointStore, Kept } from './store.ts'
import { Turns } from './turns.ts'
import { Upkeep } from './upkeep.ts'
import { type Walked, walk } from './walk.ts'

/** A checkpoint as it was taken, or the one that still holds. */
export interface Taken {
  readonly id: string
  readonly changed: boolean
  readonly leftOut: readonly string[]
}

/** What is remembered between two checkpoints: the newest one, and the files that it holds. */
interface Memory {
  readonly newest: Kept | undefined
  readonly manifest: string
  readonly known: KnownFiles
}

/** Where checkpoints are kept and what they are of. */
export interface CheckpointsOptions {
  readonly workspace: string
  readonly store: CheckpointStore
  /** A file for what is remembered of files, so that they need not be read again by the next sandbox. */
  readonly memoryFile: string
  readonly limits?: Partial<CheckpointLimits>
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** From 0 up to 1. */
  readonly chance?: () => number
}

/** UTF-16 units of a label that are kept. */
const labelLimit = 200

/** States of a workspace that it can be brought back to. One thing is done at a time; a failure leaves what there was. */
export class Checkpoints {
  readonly #options: CheckpointsOptions
  readonly #limits: CheckpointLimits
  readonly #root: BytePath
  readonly #turns = new Turns()
  readonly #refused: RefusedWorkspace
  readonly #upkeep: Upkeep
  readonly #now: () => number
  #memory: Memory | undefined

  constructor(options: CheckpointsOptions) {
    this.#options = options
    this.#limits = { ...checkpointLimits, ...options.limits }
    this.#root = rootOf(options.workspace)
    this.#now = options.now ?? Date.now
    this.#refused = new RefusedWorkspace(this.#root, this.#limits.retryMs)
    this.#upkeep = new Upkeep(options.store, this.#limits, () => this.#keepMemory())
  }

  /** Throws `Refusal` where there is no git, too much in the workspace, or no room. */
  take(label: string, signal: AbortSignal): Promise<Taken> {
    return this.#exclusively(signal, () => this.#take(label, signal))
  }

  /** Newest first. */
  list(signal: AbortSignal): Promise<readonly (Kept & { readonly taken: number })[]> {
    return this.#exclusively(signal, async () => {
      await this.#options.store.open(signal)
      const kept = await this.#options.store.list(signal).catch(asDamage)
      return kept.slice(0, this.#limits.count).map(each => ({ ...each, taken: takenAt(each.id) ?? 0 }))
    })
  }

  /** Takes a checkpoint and then brings the workspace to another one. Throws `Refusal` when nothing could be done. */
  restore(id: string, signal: AbortSignal): Promise<{ readonly before: string; readonly leftOut: readonly string[] }> {
    return this.#exclusively(signal, () => this.#restore(id, signal))
  }

  /** How the workspace differs from a checkpoint, by path; nothing is kept of that. Throws `Refusal`. */
  changes(id: string, signal: AbortSignal): Promise<readonly Compared[]> {
    return this.#exclusively(signal, () =>
      this.#changes(id, AbortSignal.any([signal, AbortSignal.timeout(this.#limits.takeMs)])),
    )
  }

  /** A file as a checkpoint has it; undefined where it has none of that path. Throws `Refusal`. */
  file(id: string, path: string, signal: AbortSignal): Promise<Buffer | undefined> {
    return this.#exclusively(signal, async () => {
      await this.#options.store.open(signal)
      await this.#find(id, signal)
      return await this.#options.store.file(id, path, signal).catch(asDamage)
    })
  }

  /** Ends what goes on by itself. */
  close(): void {
    this.#upkeep.close()
  }

  #exclusively<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.#upkeep.interrupt()
    return this.#turns.take(signal, async () => {
      try {
        return await work()
      } finally {
        this.#upkeep.plan(this.#turns)
      }
    })
  }

  async #take(label: string, signal: AbortSignal): Promise<Taken> {
    const { taken } = await this.#takeWalked(label, signal)
    return taken
  }

  async #takeWalked(label: string, outer: AbortSignal): Promise<{ taken: Taken; walked: Walked }> {
    this.#options.store.git.requireProgram()
    this.#refused.check(this.#now())
    const deadline = AbortSignal.timeout(this.#limits.takeMs)
    const signal = AbortSignal.any([outer, deadline])
    try {
      return await this.#withRepair(label, signal)
    } catch (error) {
      outer.throwIfAborted()
      const reason = deadline.aborted ? new Refusal(slowness(this.#limits.takeMs)) : error
      if (reason instanceof Refusal) this.#refused.remember(reason, this.#now())
      throw reason
    }
  }

  /** What cannot be read any more is put right: by forgetting what is remembered, and then by beginning anew. */
  async #withRepair(label: string, signal: AbortSignal): Promise<{ taken: Taken; walked: Walked }> {
    const { store } = this.#options
    for (let tries = 1; ; tries++) {
      try {
        await store.open(signal)
        return await this.#attempt(label, signal)
      } catch (error) {
        store.tidy()
        if (!(error instanceof GitError) || signal.aborted) throw error
        this.#memory = undefined
        this.#upkeep.requireDisk(error)
        if (tries === 2) store.reset()
        if (tries === 3) throw new Refusal(`Checkpoints do not work here: ${error.message}`, { cause: error })
      }
    }
  }

  async #attempt(label: string, signal: AbortSignal): Promise<{ taken: Taken; walked: Walked }> {
    const { store } = this.#options
    const memory = await this.#remember(signal)
    const walked = await walk(this.#root, memory.known, this.#limits, signal)
    await this.#upkeep.makeRoom(
      walked.changed.reduce((sum, [, bytes]) => sum + bytes, 0),
      signal,
    )
    const draft = this.#draft(label, memory.newest)
    const manifest = formatManifest(walked)
    const isNew = memory.newest === undefined || manifest !== memory.manifest
    const { fileBytes } = this.#limits
    const common = { root: this.#root, store, walked, known: memory.known, manifest, isNew, fileBytes, now: this.#now }
    const written = await writeSnapshot({ ...common, draft }, signal)
    for (const [path, file] of written.updates) {
      if (file === undefined) memory.known.delete(path)
      else memory.known.set(path, file)
    }
    const tree = written.tree
    const newest = tree === undefined ? memory.newest : { id: draft.id, label: draft.label, tree }
    if (newest === undefined) throw new Error('A first checkpoint was not written')
    this.#memory = { newest, manifest, known: memory.known }
    if (tree !== undefined || written.updates.size > 0) this.#upkeep.noteChange()
    return { taken: { id: newest.id, changed: tree !== undefined, leftOut: walked.leftOut.list }, walked }
  }

  #draft(label: string, newest: Kept | undefined): Draft & { readonly id: string } {
    const last = newest === undefined ? 0 : (takenAt(newest.id) ?? 0)
    const taken = Math.max(this.#now(), last + 1)
    const id = makeId(taken, (this.#options.chance ?? Math.random)())
    const line = label.replace(/\s+/g, ' ').trim().slice(0, labelLimit)
    return { id, reference: this.#options.store.referenceOf(id), label: line, taken, base: newest?.tree }
  }

  async #restore(id: string, signal: AbortSignal): Promise<{ before: string; leftOut: readonly string[] }> {
    const { store } = this.#options
    await store.open(signal)
    const wanted = await this.#find(id, signal)
    const { taken, walked } = await this.#takeWalked(`before going back to: ${wanted.label}`, signal)
    const difference = await store.difference(taken.id, id, signal).catch(asDamage)
    if (!(await store.holds(difference.written, signal))) throw new Refusal(`The checkpoint ${id} is damaged.`)
    const [before, after] = [walked, await store.manifest(id, signal).catch(asDamage)]
    const contents = store.contents(difference.written, signal)
    const isKept = (path: BytePath): boolean => this.#memory?.known.has(path) ?? false
    await applyStep(this.#root, { difference, before, after, contents, isKept }, walked.leftOut, signal)
    return { before: taken.id, leftOut: walked.leftOut.list }
  }

  async #changes(id: string, signal: AbortSignal): Promise<readonly Compared[]> {
    const { store } = this.#options
    await store.open(signal)
    await this.#find(id, signal)
    const { known } = await this.#remember(signal)
    const walked = await walk(this.#root, known, this.#limits, signal)
    const look = { root: this.#root, known, walked, fileBytes: this.#limits.fileBytes, now: this.#now }
    return await compare(await store.files(id, signal).catch(asDamage), look, signal)
  }

  async #find(id: string, signal: AbortSignal): Promise<Kept> {
    const found = (await this.#options.store.list(signal)).find(each => each.id === id)
    if (found === undefined) throw new Refusal(`There is no checkpoint ${id}; the oldest ones are dropped in time.`)
    return found
  }

  /** What the newest checkpoint holds; from the memory of this process, of one before it, or from the checkpoint. */
  async #remember(signal: AbortSignal): Promise<Memory> {
    if (this.#memory !== undefined) return this.#memory
    const { store } = this.#options
    const [newest] = await store.list(signal)
    if (newest === undefined) return { newest, manifest: '', known: new Map() }
    const manifest = formatManifest(await store.manifest(newest.id, signal).catch(asGitError))
    const kept = parseKnown(readText(this.#options.memoryFile), newest.id)
    if (kept !== undefined) return { newest, manifest, known: kept }
    const files = await store.files(newest.id, signal)
    return { newest, manifest, known: new Map(files.map(({ path, mode, hash }) => [path, unread(mode, hash)])) }
  }

  async #keepMemory(): Promise<void> {
    if (this.#memory?.newest === undefined) return
    const draft = `${this.#options.memoryFile}.draft`
    await writeFile(draft, formatKnown(this.#memory.newest.id, this.#memory.known), { mode: 0o600 })
    await rename(draft, this.#options.memoryFile)
  }
}

function slowness(limit: number): string {
  return `Taking a checkpoint took longer than ${limit / 1000} s and was given up. Checkpoints are off for this workspace; a smaller folder as workspace brings them back.`
}

function asDamage(error: unknown): never {
  throw error instanceof GitError ? new Refusal('What is kept of checkpoints is damaged.', { cause: error }) : error
}

function asGitError(error: unknown): never {
  throw error instanceof GitError ? error : new GitError(String(error), { cause: error })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
