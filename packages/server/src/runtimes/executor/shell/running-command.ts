import type { CommandTree } from '../process-tree.ts'
import type { ShellResult } from './shell-request.ts'
import type { Spool } from './spool.ts'
import { TerminalText } from './terminal-text.ts'
import type { Watched } from './watch.ts'

/** A part of a command's output, as text. */
export type Taken = Pick<ShellResult, 'output' | 'whole'>

/** One command of a shell, from its start until its last output has been handed over. */
export class RunningCommand implements Watched {
  readonly command: string
  readonly tree: CommandTree
  /** Its number, larger than those of all before it. */
  readonly number: number
  lastActivity = performance.now()
  /** The exit code, once it has ended. */
  status = 0
  /** What a reader should know about its end. */
  note = ''
  onEnded: () => void = () => undefined
  /** Gets every byte as it comes, while somebody waits for the command. */
  onOutput: (bytes: Buffer) => void = () => undefined
  /** Where all its output is kept, and under which name. */
  readonly kept: { readonly name: string; readonly spool: Spool }
  readonly #text: TerminalText
  readonly #decoder = new TextDecoder()
  readonly #end = Promise.withResolvers<void>()
  #hasBegun = false
  #hasEnded = false

  constructor(
    { command, number }: { readonly command: string; readonly number: number },
    tree: CommandTree,
    kept: { readonly name: string; readonly spool: Spool },
    outputLimit: number,
  ) {
    this.command = command
    this.number = number
    this.tree = tree
    this.kept = kept
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
    this.kept.spool.write(bytes)
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

  /** The output since the last call, with a note on a line of its own where there is one; and where all of it is if that is not all. */
  take(note: string): Taken {
    const { isWhole } = this.#text
    const text = this.#text.take()
    const gap = text === '' || text.endsWith('\n') ? '' : '\n'
    const output = note === '' ? text : `${text}${gap}[${note}]\n`
    const { name, spool } = this.kept
    return isWhole ? { output } : { output, whole: { name, bytes: spool.total } }
  }
}
