import { type BytePath, readable } from './byte-path.ts'

/** Paths that are named; of the others only the count is told. */
const namedLimit = 100

/** Names of folders that hold what can be made anew: packages, caches, what compilers keep. */
const generated: ReadonlySet<string> = new Set([
  'node_modules',
  'bower_components',
  '.pnpm-store',
  '.venv',
  '__pycache__',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.tox',
  '.nox',
  '.gradle',
  '.next',
  '.nuxt',
  '.svelte-kit',
  '.turbo',
  '.parcel-cache',
  '.cache',
  '.terraform',
])

/** Files that mark the folder which they are in as one that a program can make anew. */
const markers: readonly string[] = ['CACHEDIR.TAG', 'pyvenv.cfg', 'CMakeCache.txt']

/** Names of folders that are made anew from a file which lies beside them. */
const builtBeside: ReadonlyMap<string, readonly string[]> = new Map([
  ['target', ['Cargo.toml', 'pom.xml']],
  ['build', ['build.gradle', 'build.gradle.kts']],
])

/** Whether the folder `name` is left out, seen from the folder that it is in. */
export function isGeneratedFolder(name: BytePath, siblings: readonly BytePath[]): boolean {
  return generated.has(name) || (builtBeside.get(name)?.some(source => siblings.includes(source)) ?? false)
}

/** Whether a folder is left out because of what is in it. */
export function isMarkedFolder(entries: readonly BytePath[]): boolean {
  return markers.some(marker => entries.includes(marker))
}

/** A bounded list of what checkpoints do not hold, with reasons. */
export class LeftOut {
  readonly #named: string[] = []
  #count = 0

  add(path: BytePath, reason: string): void {
    this.#count++
    if (this.#named.length < namedLimit) this.#named.push(`${readable(path)} (${reason})`)
  }

  get list(): readonly string[] {
    const more = this.#count - this.#named.length
    return more > 0 ? [...this.#named, `and ${more} more`] : [...this.#named]
  }
}
