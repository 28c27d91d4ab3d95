import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { readSecret, secretFile } from './secret-file.ts'

/** The server's token in its file, read again whenever the file changes. */
export class TokenFile implements Disposable {
  readonly #path: string
  readonly #watcher: FSWatcher
  #token: string
  #onRotated: () => void = () => undefined

  private constructor(path: string, token: string) {
    this.#path = path
    this.#token = token
    const name = basename(path)
    this.#watcher = watch(dirname(path), (_, changed) => {
      if (changed === name) void this.#reread()
    })
    this.#watcher.unref()
  }

  /** Opens the file, making it with a new token if there is none. */
  static async open(path: string): Promise<TokenFile> {
    return new TokenFile(path, await secretFile(path))
  }

  /** The token that counts now. */
  get token(): string {
    return this.#token
  }

  /** Called after another token has taken the place of the old one. */
  onRotated(listener: () => void): void {
    this.#onRotated = listener
  }

  [Symbol.dispose](): void {
    this.#watcher.close()
  }

  /** A file that is gone or half-written changes nothing: the token that was known goes on counting. */
  async #reread(): Promise<void> {
    const token = await readSecret(this.#path).catch(() => undefined)
    if (token === undefined || token === this.#token) return
    this.#token = token
    this.#onRotated()
  }
}
