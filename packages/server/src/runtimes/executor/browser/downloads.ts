import { chmod, mkdir, readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Download } from 'playwright-core'

/** Where downloads go. */
export interface DownloadFolders {
  /** Where the browser writes them while they come. */
  readonly incoming: string
  /** Where they are found afterwards. */
  readonly kept: string
}

/** Bytes that one download may have, and how many may run at once or be kept. */
const sizeLimit = 200 * 1024 ** 2
const countLimit = 50
/** How often, in milliseconds, the size of what has come is looked at. */
const look = 250

/** What pages give to be saved: put into a folder under the name that the page chose, or refused with a note. */
export class Downloads {
  readonly #folders: DownloadFolders
  readonly #note: (text: string) => void
  readonly #running = new Set<Download>()
  #timer: NodeJS.Timeout | undefined

  constructor(folders: DownloadFolders, note: (text: string) => void) {
    this.#folders = folders
    this.#note = note
  }

  /** Whether something is still being saved. */
  get isBusy(): boolean {
    return this.#running.size > 0
  }

  /** Saves a download, or refuses it; never throws. */
  take(download: Download): void {
    this.#running.add(download)
    this.#timer ??= setInterval(() => {
      this.#bound().catch(() => undefined)
    }, look)
    const done = (note: string): void => {
      this.#running.delete(download)
      if (this.#running.size === 0) this.#stopLooking()
      this.#note(note)
    }
    const name = safeName(download.suggestedFilename())
    this.#save(download, name).then(done, error => done(`The download of ${name} failed: ${String(error)}`))
  }

  async #save(download: Download, name: string): Promise<string> {
    await mkdir(this.#folders.kept, { recursive: true })
    const names = await readdir(this.#folders.kept)
    if (names.length + this.#running.size > countLimit) {
      await download.cancel()
      return `The download of ${name} was refused: more than ${countLimit} files in ${this.#folders.kept} or on their way.`
    }
    const failure = await download.failure()
    if (failure !== null)
      return `The download of ${name} did not end: ${failure}. It may have at most ${sizeLimit} bytes.`
    const from = await download.path()
    const to = join(this.#folders.kept, freeName(name, new Set(await readdir(this.#folders.kept))))
    await rename(from, to)
    await chmod(to, 0o644)
    return `Downloaded ${(await stat(to)).size} bytes to ${to}.`
  }

  /** Which file is whose cannot be seen; one that is too big ends all that come with it. */
  async #bound(): Promise<void> {
    const { incoming } = this.#folders
    const sizes = (await readdir(incoming)).map(async name => (await stat(join(incoming, name))).size)
    if (Math.max(...(await Promise.all(sizes)), 0) <= sizeLimit) return
    await Promise.all([...this.#running].map(download => download.cancel()))
  }

  #stopLooking(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/** A page's name for a file, without anything that leads elsewhere. */
function safeName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}._ -]/gu, '_').slice(-100)
  return /^\.*$/.test(plain) ? 'download' : plain
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  const dot = name.lastIndexOf('.') > 0 ? name.lastIndexOf('.') : name.length
  for (let count = 0; ; count++) {
    const free = count === 0 ? name : `${name.slice(0, dot)}-${count}${name.slice(dot)}`
    if (!taken.has(free)) return free
  }
}
