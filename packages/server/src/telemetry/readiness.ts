import { randomUUID } from 'node:crypto'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../lib/errors.ts'

/** How one part of the server is. */
export interface Check {
  readonly ok: boolean
  /** What is wrong, for the operator; absent when nothing is. */
  readonly reason?: string
}

/** Looks at one part: what is wrong with it, or nothing. Must not throw. */
export type Look = () => Promise<string | undefined> | string | undefined

/** Every part of the server that must work before it can be sent work, by name. */
export async function checksOf(looks: Readonly<Record<string, Look>>): Promise<Readonly<Record<string, Check>>> {
  const checked = await Promise.all(
    Object.entries(looks).map(async ([name, look]) => {
      const reason = await look()
      return [name, reason === undefined ? { ok: true } : { ok: false, reason }] as const
    }),
  )
  return Object.fromEntries(checked)
}

/** What is found holds for so long, in milliseconds: whoever asks more often costs nothing more. */
const HOLDS_MS = 2000
/** Bytes that must be free in the data folder: below that a log can hardly grow. */
const LEAST_FREE_BYTES = 32 * 1024 * 1024

/** Looks whether the data folder can be written and has room, by writing a small file there. */
export function diskLook(dataDir: string, now: () => number = () => performance.now()): Look {
  let last: { readonly at: number; readonly found: Promise<string | undefined> } | undefined
  return () => {
    if (last === undefined || now() - last.at > HOLDS_MS) last = { at: now(), found: lookAt(dataDir) }
    return last.found
  }
}

async function lookAt(dataDir: string): Promise<string | undefined> {
  const path = join(dataDir, `.ready-${randomUUID()}`)
  try {
    await writeFile(path, 'ready\n', { flag: 'wx', mode: 0o600 })
    const { bavail, bsize } = await statfs(dataDir)
    if (bavail * bsize >= LEAST_FREE_BYTES) return undefined
    return `${dataDir} has ${Math.floor((bavail * bsize) / 1024 ** 2)} MB left. Make room there.`
  } catch (error) {
    return `${dataDir} cannot be written: ${messageOf(error)}`
  } finally {
    await rm(path, { force: true }).catch(() => undefined) // a folder that takes no file has none to remove
  }
}
