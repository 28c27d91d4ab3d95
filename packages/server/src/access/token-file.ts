import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { readSecret, secretFile } from './secret-file.ts'

/** The server's token in its file, read again whenever the file changes. */
export class TokenFile implements Disposable {
  readonly #path: string
  readonly #watcher: FSWatcher
  readonly #onTrouble: (error: unknown) => void
  #token: string
  readonly #listeners = new Set<() => void>()
  #rereading: Promise<void> = Promise.resolve()

  private constructor(path: string, token: string, onTrouble: (error: unknown) => void) {
    this.#path = path
    this.#token = token
    this.#onTrouble = onTrouble
    const name = basename(path)
    this.#watcher = watch(dirname(path), (_, changed) => {
      if (changed === name) this.#rereading = this.#rereading.then(() => this.#reread())
    })
    this.#watcher.on('error', onTrouble)
    this.#watcher.unref()
  }

  /**
   * Opens the file, making it with a new token if there is none. `onTrouble` is told when what has taken its place
   * cannot be used: the old token counts until it can.
   */
  static async open(path: string, onTrouble: (error: unknown) => void = () => undefined): Promise<TokenFile> {
    return new TokenFile(path, await secretFile(path), onTrouble)
  }

  /** The token that counts now. */
  get token(): string {
    return this.#token
  }

  /** Called after another token has taken the place of the old one. */
  onRotated(listener: () => void): void {
    this.#listeners.add(listener)
  }

  [Symbol.dispose](): void {
    this.#watcher.close()
  }

  /** A file that is gone or half-written changes nothing: the token that was known goes on counting. */
  async #reread(): Promise<void> {
    const token = await readSecret(this.#path).catch(this.#onTrouble)
    if (token === undefined || token === this.#token) return
    this.#token = token
    for (const listener of this.#listeners) listener()
  }
}
