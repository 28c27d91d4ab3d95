import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { sandboxVariable } from '../process-tree.ts'

/** A session with more variables and functions than this, in bytes, is not kept beyond its sandbox. */
const sizeLimit = 16 * 1024 * 1024

/** Where the state of a shell goes. */
export interface StatePlace {
  /** A folder of the executor's own, in which the shell leaves it. */
  readonly control: string
  /** A folder that outlives the sandbox. */
  readonly state: string
  /** What shells are started with. */
  readonly environment: Readonly<Record<string, string>>
}

/**
 * What a shell leaves to the next one, in this sandbox or in a later one of the same session: its folder, exported
 * variables, functions, aliases, options and mask. The shell itself writes it after each command, as a script; here it
 * is copied, when it has changed, to where it outlives the sandbox, before the command's result is given away.
 */
export class KeptState {
  readonly #place: StatePlace
  #last: Buffer = Buffer.alloc(0)

  constructor(place: StatePlace) {
    this.#place = place
  }

  /** Puts what an earlier sandbox kept where the next shell finds it; returns the variables that are then set anew. */
  load(): Readonly<Record<string, string>> {
    const { environment } = this.#place
    try {
      const bytes = readFileSync(this.#kept)
      const end = bytes.indexOf('\n')
      this.#last = bytes.subarray(end + 1)
      mkdirSync(this.#place.control, { recursive: true, mode: 0o700 })
      writeFileSync(this.#left, this.#last, { mode: 0o600 })
      return changed(readNames(bytes.toString('utf8', 0, end)), environment)
    } catch {
      return changed({}, {})
    }
  }

  /** Copies what the shell has left, when it is not what it was. */
  save(): void {
    try {
      const bytes = readFileSync(this.#left)
      if (bytes.equals(this.#last) || bytes.length > sizeLimit) return
      const head = `${JSON.stringify(this.#place.environment)}\n`
      writeFileSync(`${this.#kept}.new`, Buffer.concat([Buffer.from(head), bytes]), { mode: 0o600 })
      renameSync(`${this.#kept}.new`, this.#kept)
      this.#last = bytes
    } catch {
      // A full disk: the next change tries again.
    }
  }

  /** Forgets what a shell cannot start with. */
  drop(): void {
    rmSync(this.#left, { force: true })
    rmSync(this.#kept, { force: true })
  }

  get #left(): string {
    return `${this.#place.control}/left`
  }

  get #kept(): string {
    return `${this.#place.state}/shell`
  }
}

function readNames(line: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(line)
  // Every property of an object may be looked at as unknown.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** Where the operator's own variables are not what they were, the new ones count, whatever commands made of the old. */
function changed(
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const isNew = ([name, value]: [string, string]): boolean =>
    name === sandboxVariable || !Object.hasOwn(before, name) || before[name] !== value
  return Object.fromEntries(Object.entries(now).filter(isNew))
}
