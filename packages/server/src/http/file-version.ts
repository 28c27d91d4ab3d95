import type { Files } from '../core/ports.ts'

/** The version of a file as it is now; undefined where there is none that can be read. */
export async function versionNow(files: Files, path: string, signal: AbortSignal): Promise<string | undefined> {
  const opened = await files.download(path, 0, signal)
  if (!opened.ok) return undefined
  await opened.stream[Symbol.asyncDispose]()
  return opened.version
}

/** A version as an entity tag, and back; undefined for what is no tag of ours. */
export function tagOf(version: string): string {
  return JSON.stringify(version)
}
export function versionIn(tag: string | undefined): string | undefined {
  return /^"([^"]{1,200})"$/.exec(tag ?? '')?.[1]
}
