import type { FileChange, TreeLevel, Written } from '@openhands/protocol'
import { type Downloading, saveToDisk } from './download.ts'
import { followStream } from './event-source.ts'
import { RequestError, request, requestJson } from './request.ts'
import { importArchive, type Uploading, type UploadReport, uploadFile } from './upload.ts'

/** The first bytes of a file, and what it was then. */
export interface FileContent {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Bytes of the whole file; more than were read where only its head was. */
  readonly size: number
  readonly version: string
}

/** What a file has to be for it to be replaced: a version, or `none` for none at all. */
export type Expected = { readonly version: string } | 'none'
export type WriteOutcome = { readonly kind: 'written'; readonly version: string } | { readonly kind: 'conflict' }

/** The files of a session's workspace; every path is relative to it. */
export interface FileCalls {
  level(path: string, signal: AbortSignal): Promise<TreeLevel>
  /** Reads at most `most` bytes; undefined where there is no such file. */
  read(path: string, most: number, signal: AbortSignal): Promise<FileContent | undefined>
  /** Writes a text; a file that is not as expected stays as it is, which is a `conflict`. */
  write(path: string, text: string, expected: Expected): Promise<WriteOutcome>
  remove(path: string): Promise<unknown>
  makeFolder(path: string): Promise<unknown>
  /** Rejects where there is something at `to`. */
  move(from: string, to: string): Promise<unknown>
  /** Puts a file of the user's into the workspace; a `conflict` where there is one already that shall not be replaced. */
  upload(path: string, file: Blob, replace: boolean, how: Uploading): Promise<'uploaded' | 'conflict'>
  /** Unpacks a zip archive into the workspace. */
  importArchive(file: File, how: Uploading): Promise<UploadReport>
  /** Saves a file on the user's disk; the whole workspace as a zip archive where there is no path. See `saveToDisk`. */
  download(path: string | undefined, how: Downloading): Promise<void>
  /** Tells of changes until the sandbox ends; resolves then, or at once where none runs. */
  follow(onChange: (change: FileChange) => void, signal: AbortSignal): Promise<void>
}

/** The calls about the files of one session. */
export function fileCalls(session: string): FileCalls {
  const root = `api/conversations/${session}`
  const content = (path: string): string => `${root}/files/content?${new URLSearchParams({ path })}`
  return {
    level: (path, signal) => requestJson(`${root}/files?${new URLSearchParams({ path })}`, { signal }),
    read: (path, most, signal) => read(content(path), most, signal),
    write: (path, text, expected) => write(content(path), text, expected),
    remove: path => requestJson(`${root}/files?${new URLSearchParams({ path })}`, { method: 'DELETE' }),
    makeFolder: path => requestJson(`${root}/files/folder`, { method: 'POST', json: { path } }),
    move: (from, to) => requestJson(`${root}/files/move`, { method: 'POST', json: { from, to } }),
    upload: (path, file, replace, how) => uploadFile(content(path), file, replace, how),
    importArchive: (file, how) => importArchive(`${root}/upload-files`, file, how),
    download: (path, how) =>
      path === undefined
        ? saveToDisk(`${root}/zip-directory`, 'workspace.zip', how)
        : saveToDisk(content(path), path.split('/').at(-1) ?? 'file', how),
    follow: (onChange, signal) => follow(`${root}/files/changes`, onChange, signal),
  }
}

async function read(path: string, most: number, signal: AbortSignal): Promise<FileContent | undefined> {
  const response = await request(path, { signal }).catch((error: unknown) => {
    if (error instanceof RequestError && error.status === 404) return undefined
    throw error
  })
  if (!response) return undefined
  const pieces: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  while (reader && length < most) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
    length += value.length
  }
  await reader?.cancel()
  const bytes = new Uint8Array(Math.min(length, most))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece.subarray(0, bytes.length - at), at)
    at += Math.min(piece.length, bytes.length - at)
  }
  const said = Number(response.headers.get('content-length') ?? Number.NaN)
  return { bytes, size: Number.isNaN(said) ? length : said, version: response.headers.get('etag') ?? '' }
}

async function write(path: string, text: string, expected: Expected): Promise<WriteOutcome> {
  const condition = expected === 'none' ? { 'if-none-match': '*' } : { 'if-match': expected.version }
  const headers = { 'content-type': 'application/octet-stream', ...condition }
  try {
    const response = await request(path, { method: 'PUT', body: new Blob([text]), headers })
    const written = (await response.json()) as Written // the type of the route
    return { kind: 'written', version: response.headers.get('etag') ?? JSON.stringify(written.version) }
  } catch (error) {
    if (error instanceof RequestError && error.status === 412) return { kind: 'conflict' }
    throw error
  }
}

async function follow(path: string, onChange: (change: FileChange) => void, signal: AbortSignal): Promise<void> {
  const ending = new AbortController()
  const both = AbortSignal.any([signal, ending.signal])
  const take = ({ data }: { readonly data: string }): void => {
    const change = JSON.parse(data) as FileChange // the server's own words
    onChange(change)
    if (!change.running) ending.abort()
  }
  try {
    await followStream(path, both, take, () => undefined)
  } catch (error) {
    if (!ending.signal.aborted) throw error
  }
}
