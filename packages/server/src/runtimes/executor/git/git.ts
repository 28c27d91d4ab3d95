import type { OpenParams } from '../protocol.ts'
import { Refusal } from '../refusal.ts'
import { type GitOutput, type GitRun, runGit } from './git-process.ts'
import { firstArguments, gitEnvironment, makeGitHome } from './git-settings.ts'
import { findRepository, type Repository } from './repository.ts'
import { Turns } from './turns.ts'

/** How long, in milliseconds, git may take for one answer. */
const timeLimit = 10_000

/** Git in one repository, for as long as one answer takes. */
export interface GitAt {
  readonly repository: Repository
  /** Runs git with bounded output; `GitOutput.exitCode` is for the caller to judge. */
  run(
    args: readonly string[],
    options: Pick<GitRun, 'limit' | 'input'> & { readonly index?: string },
  ): Promise<GitOutput>
}

/** Git in a workspace: one process at a time, bounded in time and output. */
export class Git {
  readonly #options: OpenParams
  readonly #turns = new Turns()
  readonly #closed = new AbortController()
  #home: Promise<string> | undefined

  constructor(options: OpenParams) {
    this.#options = options
  }

  /** Lets `work` use git when it is its turn; `undefined` when there is no repository. Throws `Refusal`. */
  async use<T>(signal: AbortSignal, work: (git: GitAt) => Promise<T>): Promise<T | undefined> {
    return this.#turns.take(signal, async () => {
      const timeout = AbortSignal.timeout(timeLimit)
      const limited = AbortSignal.any([signal, timeout, this.#closed.signal])
      const repository = await findRepository(this.#options.workspace)
      if (repository === undefined) return undefined
      try {
        return await work(await this.#at(repository, limited))
      } catch (error) {
        if (timeout.aborted) throw new Refusal(`Git took longer than ${timeLimit / 1000} seconds.`)
        throw error
      }
    })
  }

  /** Ends what runs. */
  close(): void {
    this.#closed.abort()
  }

  async #at(repository: Repository, signal: AbortSignal): Promise<GitAt> {
    this.#home ??= makeGitHome(this.#options)
    const environment = gitEnvironment(this.#options, await this.#home)
    return {
      repository,
      run: (args, { index, ...bounds }) => {
        const variables = index === undefined ? environment : { ...environment, GIT_INDEX_FILE: index }
        const run = { args: [...firstArguments, ...args], directory: repository.directory, environment: variables }
        return runGit({ ...run, ...bounds }, signal)
      },
    }
  }
}

/** The refusal that git's own complaint is passed on with. */
export function complaintOf({ complaint, exitCode }: GitOutput): Refusal {
  return new Refusal(complaint === '' ? `Git failed with code ${exitCode}.` : `Git failed: ${complaint}`)
}
