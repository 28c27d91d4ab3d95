import { existsSync, readFileSync, rmSync } from 'node:fs'
import { JobList } from '../jobs/job-list.ts'
import type { CommandTree } from '../process-tree.ts'
import { childrenOf, ticksNow } from '../processes.ts'
import { endCommand, killWithShell } from './end-command.ts'
import { HandOver } from './hand-over.ts'
import { KeptState } from './kept-state.ts'
import { RunningCommand, type Taken } from './running-command.ts'
import { ShellProcess } from './shell-process.ts'
import { keysOf, type ShellOptions, type ShellRequest, type ShellResult } from './shell-request.ts'
import { Spools } from './spools.ts'
import { ownsTerminal } from './terminal-use.ts'
import { watch } from './watch.ts'

/** The persistent shell of a session: one command at a time, each with its own output and exit code. */
export class Shell {
  readonly jobs: JobList
  readonly spools: Spools
  readonly handOver = new HandOver()
  readonly #options: ShellOptions
  readonly #kept: KeptState
  #process: ShellProcess | undefined
  #command: RunningCommand | undefined
  #count = 0
  /** Whether somebody waits for the command. */
  #isWatched = false
  #directory: string
  /** What the reader of the next result should know first. */
  #note = ''
  #isFirst = true
  /** Called at a prompt that ends no command of ours. */
  #onPrompt: () => void = () => undefined

  constructor(options: ShellOptions) {
    this.#options = options
    this.#directory = options.workspace
    this.#kept = new KeptState(options)
    this.jobs = new JobList(options.mark)
    this.spools = new Spools(`${options.state}/outputs`)
  }

  /** Starts the shell if there is none; a command does so by itself. */
  async open(): Promise<ShellProcess> {
    const shell = this.#process ?? this.#startProcess()
    await shell.ready
    if (shell.isReady) return shell
    // What it was to bring back can be anything that commands have defined.
    if (this.#process === undefined) {
      this.#kept.drop()
      this.#note = '[The shell could not be started with what it had before; variables and functions are gone.]\n'
    }
    const again = this.#process ?? this.#startProcess()
    await again.ready
    return again
  }

  /** Runs a command or types input into the one that runs; an abort ends the command's whole tree. Never rejects for them. */
  async run(request: ShellRequest, signal: AbortSignal, onOutput: (bytes: Buffer) => void): Promise<ShellResult> {
    if (this.handOver.isTaken) return this.#result({ output: taken }, -1)
    const command = this.#command
    if (request.isInput) return this.#type(request, signal, onOutput)
    if (command !== undefined && !command.hasEnded) return this.#busy(command)
    const earlier = command === undefined ? '' : this.#lastWords(command)
    this.#command = undefined
    const shell = await this.open()
    if (this.#process !== shell) throw new Error('bash ended before its first prompt')
    if (this.#command !== undefined) return this.#busy(this.#command)
    const news = earlier + this.#takeNote() + this.jobs.news()
    const started = this.#newCommand(request.command, ++this.#count, this.#tree(shell))
    this.handOver.showCommand(this.#directory, request.command)
    this.jobs.begin(started, shell.pid)
    shell.start(started.number, request.command)
    const result = await this.#follow(started, request.timeoutMs, signal, onOutput)
    return news === '' ? result : { ...result, output: news + result.output }
  }

  /** The shell for a person who has its terminal; `restore` must follow. */
  async lend(): Promise<ShellProcess> {
    const shell = await this.open()
    const command = this.#command
    if (command === undefined || command.hasEnded) {
      this.jobs.begin({ number: 0, command: '(what a person ran in this terminal)' }, shell.pid)
      this.handOver.showPrompt(this.#directory)
    }
    return shell
  }

  /** What was in the shell's hands when it was lent: the processes that a person starts are not of these. */
  treeOf(shell: ShellProcess): CommandTree {
    return this.#tree(shell)
  }

  /** Whether a command of the agent still runs. */
  get isBusy(): boolean {
    return this.#command !== undefined && !this.#command.hasEnded
  }

  /** Takes a program that a person has left running for a command like any other. */
  adopt(shell: ShellProcess, tree: CommandTree, name: string): void {
    this.#newCommand(name, shell.adopt(), tree).begin()
  }

  /** Resolves to whether the shell has prompted within so many milliseconds, except for the end of a command. */
  prompted(milliseconds: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), milliseconds)
    this.#onPrompt = () => resolve(true)
    return promise.finally(() => clearTimeout(timer))
  }

  /** Ends the shell and every job that it can still be found to have. */
  close(): void {
    this.#process?.kill()
    this.handOver.end()
    this.jobs.close()
    this.spools.close()
    rmSync(this.#options.control, { recursive: true, force: true })
  }

  #tree(shell: ShellProcess): CommandTree {
    const spared = new Set(childrenOf(shell.pid))
    return { shell: shell.pid, since: ticksNow(), spared, mark: this.#options.mark }
  }

  #newCommand(command: string, number: number, tree: CommandTree): RunningCommand {
    const kept = this.spools.open()
    const started = new RunningCommand({ command, number }, tree, kept, this.#options.outputLimit)
    this.#command = started
    return started
  }

  async #type(request: ShellRequest, signal: AbortSignal, onOutput: (bytes: Buffer) => void): Promise<ShellResult> {
    const command = this.#command
    if (command === undefined) return this.#result({ output: '[No command is running; nothing was typed.]\n' }, 1)
    if (!command.hasEnded && request.command !== '') {
      this.#process?.type(keysOf(request.command))
      command.lastActivity = performance.now()
    }
    if (this.#isWatched) return this.#result({ output: '[Typed; the command is still being waited for.]\n' }, -1)
    return this.#follow(command, request.timeoutMs, signal, onOutput, request.command === 'C-c')
  }

  async #follow(
    command: RunningCommand,
    timeoutMs: number,
    signal: AbortSignal,
    onOutput: (bytes: Buffer) => void,
    isInterrupt = false,
  ): Promise<ShellResult> {
    this.#isWatched = true
    command.onOutput = onOutput
    try {
      const { silenceMs } = this.#options
      const end = await watch(command, { silenceMs, timeoutMs }, signal)
      const isLost =
        end === 'waiting' && ownsTerminal(command.shell) && (isInterrupt || this.#process?.isReplaced === true)
      if (isLost) return await this.#replace(command, isInterrupt)
      switch (end) {
        case 'ended':
          return this.#finish(command, command.status)
        case 'waiting':
          return this.#leave(command, 'The command waits for input.')
        case 'silent':
          return this.#leave(command, `The command has printed nothing for ${silenceMs / 1000} seconds and still runs.`)
        case 'timeout':
          await endCommand(command, () => this.#process?.kill())
          this.jobs.hush(command.number)
          return this.#finish(
            command,
            124,
            `The command was ended after ${timeoutMs / 1000} seconds, its time limit.`,
            true,
          )
        case 'aborted':
          await endCommand(command, () => this.#process?.kill())
          this.jobs.hush(command.number)
          return this.#finish(command, 130, 'The command was interrupted.')
      }
    } finally {
      this.#isWatched = false
      command.onOutput = () => undefined
    }
  }

  #leave(command: RunningCommand, reason: string): ShellResult {
    return this.#result(command.take(`${reason} ${advice}.`), -1)
  }

  #finish(command: RunningCommand, status: number, note = '', timedOut = false): ShellResult {
    if (this.#command === command) this.#command = undefined
    const notes = [note, command.note].filter(Boolean).join(' ')
    return { ...this.#result(command.take(notes), status), timedOut }
  }

  #busy(command: RunningCommand): ShellResult {
    const name = JSON.stringify(command.command.slice(0, 200))
    const output = `[Nothing was run: the command ${name} still runs in this shell. ${advice}; then run the new one.]\n`
    return this.#result({ output }, -1)
  }

  #lastWords(command: RunningCommand): string {
    const name = JSON.stringify(command.command.slice(0, 200))
    const { output } = command.take('')
    return `[Meanwhile the command ${name} has ended with exit code ${command.status}. Its last output:]\n${output}[End of it.]\n`
  }

  #takeNote(): string {
    const note = this.#note
    this.#note = ''
    return note
  }

  #result(text: Taken, exitCode: number): ShellResult {
    return { ...text, exitCode, directory: this.#directory, timedOut: false }
  }

  /** `exec` or a lost prompt: nothing here will ever say that a command has ended, so the shell is given up. */
  async #replace(command: RunningCommand, isInterrupt: boolean): Promise<ShellResult> {
    await killWithShell(command, () => this.#process?.kill())
    return this.#finish(command, isInterrupt ? 130 : 0, 'The shell no longer answered.')
  }

  #startProcess(): ShellProcess {
    const { workspace, control, environment } = this.#options
    const overrides = this.#isFirst ? this.#kept.load() : {}
    this.#isFirst = false
    const restores = existsSync(`${control}/left`)
    const place = { workspace, control, environment, directory: this.#directory, restores, overrides }
    const shell: ShellProcess = new ShellProcess(place, {
      onReady: (directory, wasDeleted) => {
        this.#directory = directory
        if (wasDeleted) this.#note = `[The folder that the shell was in is gone; it is now in ${directory}.]\n`
      },
      onBegin: number => {
        if (this.#command?.number === number) this.#command.begin()
      },
      onBytes: (number, bytes) => {
        if (this.#command?.number === number) this.#command.write(bytes)
        this.handOver.show(bytes)
      },
      onIdleBytes: bytes => {
        if (!this.handOver.isTaken) this.jobs.write(bytes)
        this.handOver.show(bytes)
      },
      onEnd: (number, status, directory, wasDeleted) => {
        this.#settle(directory)
        this.jobs.end()
        const note = wasDeleted ? `The folder of the shell was deleted; it is now in ${this.#directory}.` : ''
        if (this.#command?.number === number) this.#command.end(status, note)
        if (this.handOver.isTaken) this.handOver.showPrompt(this.#directory)
      },
      onPrompt: directory => {
        this.#settle(directory)
        if (directory !== undefined && this.handOver.isTaken) this.handOver.showPrompt(this.#directory)
        this.#onPrompt()
      },
      onExit: status => this.#exited(shell, status),
    })
    this.#process = shell
    return shell
  }

  /** After each command, before anybody is told of its end. */
  #settle(directory: string | undefined): void {
    if (directory !== undefined) this.#directory = directory
    this.#kept.save()
  }

  #exited(shell: ShellProcess, status: number): void {
    if (this.#process !== shell) return
    this.#process = undefined
    this.#kept.save()
    this.jobs.end()
    try {
      this.#directory = readFileSync(`${this.#options.control}/directory`, 'utf8')
      rmSync(`${this.#options.control}/directory`)
    } catch {
      // It was killed and could not leave word: the folder of the last prompt holds.
    }
    const note = `The shell ended; the next command gets a new one in ${this.#directory} with the same exported variables.`
    this.#command?.end(status, note)
    this.handOver.end()
    this.#onPrompt()
  }
}

const advice = 'Send it input, C-c to interrupt it, or nothing to wait on'
const taken = '[Nothing was run: a person has this terminal now. Try again when they have given it back.]\n'
