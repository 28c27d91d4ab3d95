import { closeSync, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'

const datasync = promisify(fdatasync)

/**
 * Brings a write-ahead log to the disk off the event loop. SQLite never replaces the file while the database is open,
 * it only rewrites or truncates it, so one descriptor serves as long as the connection lives.
 */
export class WalSync {
  readonly #file: number
  #running: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  #failure: Error | undefined

  constructor(path: string) {
    this.#file = openSync(path, 'r+')
  }

  /**
   * Resolves when everything written before the call is on the disk; calls that wait meanwhile share one sync. Rejects
   * for ever after one failure: what the system then holds of the file is not known any more.
   */
  sync(): Promise<void> {
    this.#next ??= this.#running = this.#running.then(() => {
      this.#next = undefined
      return this.#sync()
    })
    return this.#next
  }

  async #sync(): Promise<void> {
    if (this.#failure) throw this.#failure
    try {
      await datasync(this.#file)
    } catch (cause) {
      this.#failure = new Error('the disk did not confirm a write; the server must be restarted', { cause })
      throw this.#failure
    }
  }

  /** Waits for what is under way; call it before the database is closed. */
  async close(): Promise<void> {
    await this.#running.catch(() => undefined) // whoever asked for that sync was told
    closeSync(this.#file)
  }
}
