import type { BytePath } from './byte-path.ts'
import type { Git, GitRun } from './git-process.ts'
import type { Mode } from './known-files.ts'

/** Where the workspace and the manifest are in the tree of a checkpoint. */
export const treePaths = { workspace: 'w', manifest: 'm' } as const

/** One checkpoint. */
export interface Draft {
  readonly reference: string
  readonly label: string
  /** Milliseconds since 1970. */
  readonly taken: number
  /** The tree to which the changes apply; undefined for an empty one. */
  readonly base: string | undefined
}

/** Writes a checkpoint as a stream of changes; it is there when `finish` has resolved, and otherwise not at all. */
export class Importer {
  readonly #run: GitRun
  readonly #answer: Buffer[] = []

  constructor(git: Git, draft: Draft, signal: AbortSignal) {
    this.#run = git.start(['fast-import', '--quiet', '--done', '--depth=0'], signal)
    this.#run.output.on('data', (piece: Buffer) => this.#answer.push(piece))
    const label = Buffer.from(draft.label)
    this.#line(`commit ${draft.reference}`)
    this.#line(`committer OpenHands <checkpoints@localhost> ${Math.floor(draft.taken / 1000)} +0000`)
    this.#data(label)
    if (draft.base !== undefined) this.#line(`M 040000 ${draft.base} ""`)
  }

  remove(path: BytePath): void {
    this.#line(`D ${quote(`${treePaths.workspace}/${path}`)}`)
  }

  /** Resolves when there is room for more. */
  async write(path: BytePath, mode: Mode, content: Buffer): Promise<void> {
    this.#line(`M ${mode} inline ${quote(`${treePaths.workspace}/${path}`)}`)
    await this.#drained(this.#data(content))
  }

  /** Resolves to the hash of the tree. */
  async finish(manifest: string): Promise<string> {
    this.#line(`M 100644 inline ${treePaths.manifest}`)
    this.#data(Buffer.from(manifest))
    this.#line('ls ""')
    this.#line('done')
    this.#run.input.end()
    await this.#run.ended
    const hash = /^040000 tree ([0-9a-f]+)\t/.exec(Buffer.concat(this.#answer).toString('latin1'))?.[1]
    if (hash === undefined) throw new Error('git fast-import did not tell the tree')
    return hash
  }

  #line(text: string): boolean {
    return this.#run.input.write(`${text}\n`, 'latin1')
  }

  #data(content: Buffer): boolean {
    this.#line(`data ${content.length}`)
    this.#run.input.write(content)
    return this.#line('')
  }

  async #drained(hasRoom: boolean): Promise<void> {
    if (hasRoom) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#run.input.once('drain', resolve)
    await Promise.race([promise, this.#run.ended])
  }
}

function quote(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}
