import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'

/** Another server uses the data directory; the message names its process and its address. */
export class DataDirInUseError extends Error {
  override readonly name = 'DataDirInUseError'
}

/** Who holds the lock, as the second server tells people. */
const Holder = z.object({ pid: z.int().positive(), address: z.string().optional() })
type Holder = z.infer<typeof Holder>

/** So long the second server waits for the first, which has just locked, to write down who it is. */
const WAIT_MS = 600
const STEP_MS = 20

/** The right to use a data directory, until it is disposed or the process ends, however it ends. */
export interface DataDirLock extends AsyncDisposable {
  /** Tells whoever comes second where this server is reached. */
  update(holder: { readonly address: string }): Promise<void>
}

/**
 * Makes the directory for its owner only and locks it. Throws `DataDirInUseError` within a second when another server
 * has it, in this or any other process, container or name space of the machine.
 *
 * The lock is the kernel's: an empty SQLite database held in an exclusive transaction. It ends with its process, so
 * that nothing has to be guessed from a process id that is gone, was given to somebody else, or means another process
 * in another container. `server.json` beside it is only for people.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const info = join(dataDir, 'server.json')
  const lock = tryLock(join(dataDir, 'server.lock'))
  if (!lock) throw new DataDirInUseError(await inUse(dataDir, info))
  writeHolder(info, { pid: process.pid })
  return {
    update: async ({ address }) => writeHolder(info, { pid: process.pid, address }),
    [Symbol.asyncDispose]: async () => {
      if (!lock.isOpen) return
      rmSync(info, { force: true })
      lock.close()
    },
  }
}

/** Where the server of a data directory says that it is reached; undefined when none runs there. */
export function serverAddress(dataDir: string): string | undefined {
  const holder = Holder.safeParse(readJson(join(dataDir, 'server.json')))
  return holder.success && isAlive(holder.data.pid) ? holder.data.address : undefined
}

function tryLock(path: string): DatabaseSync | undefined {
  try {
    return lockDatabase(path)
  } catch (error) {
    if (codeOf(error) !== NOTADB) throw error
    truncateSync(path) // the same file stays, so that two who both find it spoilt still meet on one lock
    return lockDatabase(path)
  }
}

function lockDatabase(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if (codeOf(error) === BUSY) return undefined
    throw error
  }
}

const BUSY = 5
const NOTADB = 26

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined
}

function writeHolder(path: string, holder: Holder): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(holder)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

async function inUse(dataDir: string, info: string): Promise<string> {
  const holder = await readHolder(info)
  const who = holder ? `process ${holder.pid}${holder.address ? `, at ${holder.address}` : ''}` : 'process unknown'
  return `another server (${who}) uses the data directory ${dataDir}; use that one, stop it, or choose another directory`
}

/** Waits a little while `server.json` is missing or names a process that cannot be seen, then takes what is there. */
async function readHolder(info: string): Promise<Holder | undefined> {
  for (let waited = 0; waited <= WAIT_MS; waited += STEP_MS) {
    const holder = Holder.safeParse(readJson(info))
    if (holder.success && isAlive(holder.data.pid)) return holder.data
    await sleep(STEP_MS)
  }
  return Holder.safeParse(readJson(info)).data
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined // not there yet, or not ours: it is only for the message
  }
}

/** What a killed server left names a process that is gone; one in another container cannot be seen either. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
