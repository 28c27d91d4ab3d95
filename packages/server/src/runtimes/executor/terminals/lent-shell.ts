import { execFile } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import type { CommandTree } from '../process-tree.ts'
import { readProc, readProcess } from '../processes.ts'
import type { Shell } from '../shell/shell.ts'
import { type ShellProcess, shellSize } from '../shell/shell-process.ts'
import { ownsTerminal, readerOf } from '../shell/terminal-use.ts'
import { deviceOf } from './pty-parts.ts'

/** How often, and at which distance in milliseconds, it is looked whether the shell waits for a line. */
const looks = 6
const lookTime = 50
/** How long, in milliseconds, the shell may take to prompt after an interrupt, and after an empty line. */
const interruptTime = 500
const lineTime = 1500

/** The agent's shell in the hands of a person. */
export class LentShell {
  readonly process: ShellProcess
  readonly #shell: Shell
  readonly #tree: CommandTree

  private constructor(shell: Shell, process: ShellProcess) {
    this.#shell = shell
    this.process = process
    this.#tree = shell.treeOf(process)
  }

  static async take(shell: Shell): Promise<LentShell> {
    return new LentShell(shell, await shell.lend())
  }

  /**
   * Makes the terminal the agent's again: its size, no half line, and a program that still runs there is from now on the
   * agent's command, which it can send input or interrupt.
   */
  async giveBack(): Promise<void> {
    const { process } = this
    if (process.hasExited) return
    process.pty.resume()
    process.pty.resize(shellSize.columns, shellSize.rows)
    if (this.#shell.isBusy) return
    for (let look = 0; look < looks && ownsTerminal(process.pid); look++) {
      if (readerOf(process.pid) === 'shell') {
        await this.#clearLine()
        this.#shell.jobs.end()
        return
      }
      await setTimeout(lookTime)
    }
    if (!process.hasExited) this.#shell.adopt(process, this.#tree, this.#program())
  }

  async #clearLine(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    // Keys mean nothing in a terminal that a program has left raw.
    execFile('stty', ['-F', deviceOf(this.process.pty), 'sane'], { timeout: 2000 }, () => resolve())
    await promise
    if (await this.#prompts('\x03', interruptTime)) return
    if (await this.#prompts('\n', lineTime)) return
    this.process.kill()
  }

  #prompts(key: string, milliseconds: number): Promise<boolean> {
    const prompted = this.#shell.prompted(milliseconds)
    this.process.type(key)
    return prompted
  }

  #program(): string {
    const group = readProcess(this.process.pid)?.foreground
    const words = group === this.process.pid ? undefined : readProc(`${group}/cmdline`)
    return `${words?.replaceAll('\0', ' ').trim() || 'bash'} (started by a person who had this terminal)`
  }
}
