import { ByteRing } from './byte-ring.ts'

/** Bytes of the terminal that somebody who takes it over is shown first. */
const screenLimit = 64 * 1024

/** Who looks at the shell's terminal besides us. */
export interface Viewer {
  onBytes(bytes: Buffer): void
  /** The shell has ended; there will be another one, but not here. */
  onExit(): void
}

/** What the shell's terminal shows, for a person who takes it over: the output of commands as it was, under their texts. */
export class HandOver {
  readonly #screen = new ByteRing(screenLimit)
  #viewer: Viewer | undefined
  readonly #watchers = new Set<(bytes: Buffer) => void>()

  get isTaken(): boolean {
    return this.#viewer !== undefined
  }

  show(bytes: Buffer): void {
    this.#screen.append(bytes)
    this.#viewer?.onBytes(bytes)
    for (const onBytes of this.#watchers) onBytes(bytes)
  }

  /** What was shown last. */
  get screen(): Buffer {
    return this.#screen.read()
  }

  /** Calls `onBytes` with everything that is shown from now on, through one shell and the next; returns the undo. */
  watch(onBytes: (bytes: Buffer) => void): () => void {
    this.#watchers.add(onBytes)
    return () => void this.#watchers.delete(onBytes)
  }

  /** The agent's terminal shows no prompt, and commands come from files; a person needs both to see where they are. */
  showCommand(directory: string, command: string): void {
    this.show(Buffer.from(`\r\x1b[K${promptOf(directory)}${command.trimEnd().replaceAll('\n', '\r\n')}\r\n`))
  }

  showPrompt(directory: string): void {
    this.show(Buffer.from(promptOf(directory)))
  }

  /** Shows what there is, and from then on everything. */
  take(viewer: Viewer): void {
    this.#viewer = viewer
    viewer.onBytes(this.#screen.read())
  }

  release(): void {
    this.#viewer = undefined
  }

  end(): void {
    this.#viewer?.onExit()
    this.#viewer = undefined
  }
}

function promptOf(directory: string): string {
  return `\x1b[1m${directory}$\x1b[0m `
}
