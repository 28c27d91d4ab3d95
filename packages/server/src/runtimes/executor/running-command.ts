import type { CommandTree } from './process-tree.ts'
import { TerminalText } from './terminal-text.ts'
import type { Watched } from './watch.ts'

/** One command of a shell, from its start until its last output has been handed over. */
export class RunningCommand implements Watched {
  readonly command: string
  readonly tree: CommandTree
  /** The shell's number of it. */
  number = 0
  lastActivity = performance.now()
  /** The exit code, once it has ended. */
  status = 0
  /** What a reader should know about its end. */
  note = ''
  onEnded: () => void = () => undefined
  /** Gets every byte as it comes, while somebody waits for the command. */
  onOutput: (bytes: Buffer) => void = () => undefined
  readonly #text: TerminalText
  readonly #decoder = new TextDecoder()
  readonly #end = Promise.withResolvers<void>()
  #hasBegun = false
  #hasEnded = false

  constructor(command: string, tree: CommandTree, outputLimit: number) {
    this.command = command
    this.tree = tree
    this.#text = new TerminalText(outputLimit)
  }

  get shell(): number {
    return this.tree.shell
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  begin(): void {
    this.#hasBegun = true
    this.lastActivity = performance.now()
  }

  write(bytes: Buffer): void {
    this.lastActivity = performance.now()
    this.#text.write(this.#decoder.decode(bytes, { stream: true }))
    this.onOutput(bytes)
  }

  end(status: number, note: string): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.status = status
    this.note = note
    this.#text.write(this.#decoder.decode())
    this.#end.resolve()
    this.onEnded()
  }

  /** Resolves when the command has ended, at the latest after so many milliseconds. */
  async endWithin(milliseconds: number): Promise<void> {
    if (this.#hasEnded) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, milliseconds)
    await Promise.race([this.#end.promise, promise])
    clearTimeout(timer)
  }

  /** The output since the last call, with a note on a line of its own where there is one. */
  take(note: string): string {
    const output = this.#text.take()
    if (note === '') return output
    return `${output}${output === '' || output.endsWith('\n') ? '' : '\n'}[${note}]\n`
  }
}
