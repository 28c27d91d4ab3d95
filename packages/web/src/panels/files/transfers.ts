import type { FileCalls } from '../../api/files.ts'
import { problemOf } from '../../store/problem.ts'
import { fileText } from '../../text.ts'
import { anotherName } from '../../ui/another-name.ts'

/** A file of the user's, and where in the workspace it is to be. */
export interface Picked {
  readonly file: File
  readonly path: string
}

/** A file that was left out. */
export interface Skipped {
  readonly path: string
  readonly reason: string
  /** There is one of its name already: it could be replaced. */
  readonly again?: Picked
}

/** What is on its way, and what came of what was. */
export interface TransfersView {
  readonly upload:
    | {
        readonly name: string
        readonly number: number
        readonly count: number
        readonly sent: number
        readonly total: number
      }
    | undefined
  readonly report: { readonly uploaded: number; readonly skipped: readonly Skipped[] } | undefined
  readonly download: { readonly name: string; readonly received: number } | undefined
  readonly problem: string | undefined
}

/** What becomes of a file where there is one of its name: it is asked about, takes its place, or gets another name. */
export type IfThere = 'ask' | 'replace' | 'both'

/** Names that are tried for a copy. */
const MOST_COPIES = 50

const nothing: TransfersView = { upload: undefined, report: undefined, download: undefined, problem: undefined }
const words = fileText.transfers

/** Files on their way to and from a workspace; they go on while another panel is open. */
export class Transfers {
  readonly #calls: FileCalls
  readonly #listeners = new Set<() => void>()
  #view = nothing
  #uploading: AbortController | undefined
  #downloading: AbortController | undefined

  constructor(calls: FileCalls) {
    this.#calls = calls
  }

  get view(): TransfersView {
    return this.#view
  }

  /** Calls `listener` after each change; returns the undo. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Uploads one file after the other; what cannot be taken is in the report, and stops no other. One upload at a time. */
  async upload(files: readonly Picked[], ifThere: IfThere, leftOut: readonly Skipped[] = []): Promise<void> {
    if (this.#uploading || files.length + leftOut.length === 0) return
    const ending = new AbortController()
    this.#uploading = ending
    const skipped: Skipped[] = [...leftOut]
    let uploaded = 0
    for (const [index, picked] of files.entries()) {
      const reason = await this.#uploadOne(picked, ifThere, { index, count: files.length }, ending.signal)
      if (reason === undefined) uploaded++
      else
        skipped.push(
          reason === 'conflict'
            ? { path: picked.path, reason: words.exists, again: picked }
            : { path: picked.path, reason },
        )
    }
    this.#uploading = undefined
    this.#change({ upload: undefined, report: { uploaded, skipped } })
  }

  /** Unpacks an archive into the workspace. */
  async unpack(file: File): Promise<void> {
    if (this.#uploading) return
    const ending = new AbortController()
    this.#uploading = ending
    const told = { name: file.name, number: 1, count: 1, total: file.size }
    this.#change({ upload: { ...told, sent: 0 }, report: undefined })
    const onProgress = (sent: number): void => this.#change({ upload: { ...told, sent } })
    const report = await this.#calls.importArchive(file, { signal: ending.signal, onProgress }).then(
      ({ uploaded_files, skipped_files }) => ({
        uploaded: uploaded_files.length,
        skipped: skipped_files.map(({ name, reason }) => ({ path: name, reason })),
      }),
      error => ({ uploaded: 0, skipped: [{ path: file.name, reason: reasonOf(error, ending.signal) }] }),
    )
    this.#uploading = undefined
    this.#change({ upload: undefined, report })
  }

  /** Saves a file on the user's disk, or the whole workspace. */
  async download(path: string | undefined): Promise<void> {
    if (this.#downloading) return
    const ending = new AbortController()
    this.#downloading = ending
    const name = path?.split('/').at(-1) ?? 'workspace.zip'
    this.#change({ problem: undefined })
    const onProgress = (received: number): void => this.#change({ download: { name, received } })
    try {
      await this.#calls.download(path, { signal: ending.signal, onProgress })
    } catch (error) {
      // Whoever closes the browser's own question has said no.
      const isAbort = ending.signal.aborted || (error instanceof DOMException && error.name === 'AbortError')
      if (!isAbort) this.#change({ problem: problemOf(error) })
    } finally {
      this.#downloading = undefined
      this.#change({ download: undefined })
    }
  }

  cancelUpload(): void {
    this.#uploading?.abort()
  }

  cancelDownload(): void {
    this.#downloading?.abort()
  }

  /** Takes the report away. */
  dismiss(): void {
    this.#change({ report: undefined, problem: undefined })
  }

  /** Resolves to the reason why it was left out. */
  async #uploadOne(
    { file, path }: Picked,
    ifThere: IfThere,
    { index, count }: { readonly index: number; readonly count: number },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (signal.aborted) return words.canceled
    const told = { name: path, number: index + 1, count, total: file.size }
    this.#change({ upload: { ...told, sent: 0 }, report: undefined })
    const onProgress = (sent: number): void => this.#change({ upload: { ...told, sent } })
    const send = (to: string): ReturnType<FileCalls['upload']> =>
      this.#calls.upload(to, file, ifThere === 'replace', { signal, onProgress })
    try {
      let outcome = await send(path)
      for (let copy = 2; ifThere === 'both' && outcome === 'conflict' && copy <= MOST_COPIES; copy++)
        outcome = await send(anotherName(path, copy))
      return outcome === 'conflict' ? 'conflict' : undefined
    } catch (error) {
      return reasonOf(error, signal)
    }
  }

  #change(part: Partial<TransfersView>): void {
    this.#view = { ...this.#view, ...part }
    for (const listener of this.#listeners) listener()
  }
}

function reasonOf(error: unknown, signal: AbortSignal): string {
  return signal.aborted ? words.canceled : (problemOf(error) ?? '')
}

/** More sessions are hardly looked at in one page. */
const MOST = 50
const bySession = new Map<string, Transfers>()

/** The transfers of a session. */
export function transfersOf(session: string, calls: FileCalls): Transfers {
  const known = bySession.get(session)
  if (known) return known
  const made = new Transfers(calls)
  bySession.set(session, made)
  for (const [oldest] of bySession) if (bySession.size > MOST) bySession.delete(oldest)
  return made
}
