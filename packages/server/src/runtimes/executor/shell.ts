import { readFileSync, rmSync } from 'node:fs'
import { killAll, membersOf } from './process-tree.ts'
import { childrenOf, readProcess, signal as send, ticksNow } from './processes.ts'
import { RunningCommand } from './running-command.ts'
import { type ShellPlace, ShellProcess } from './shell-process.ts'
import { ownsTerminal } from './terminal-use.ts'
import { watch } from './watch.ts'

/** Where a session's shell lives and what bounds its commands. */
export interface ShellOptions {
  readonly workspace: string
  readonly control: string
  readonly environment: Readonly<Record<string, string>>
  /** The value of the sandbox's variable, see `process-tree.ts`. */
  readonly mark: string
  /** UTF-16 units of output that a result may have. */
  readonly outputLimit: number
  /** After so many milliseconds without new output a command is left to itself. */
  readonly silenceMs: number
}

/** See `CommandRequest` and `CommandResult` in the ports. */
export interface ShellRequest {
  readonly command: string
  readonly isInput: boolean
  readonly timeoutMs: number
}
export interface ShellResult {
  readonly output: string
  readonly exitCode: number
  readonly directory: string
  readonly timedOut: boolean
}

/** What may be typed as a name instead of text. */
const keys: ReadonlyMap<string, string> = new Map([
  ['C-c', '\x03'],
  ['C-d', '\x04'],
  ['C-z', '\x1a'],
])
/** How long, in milliseconds, a command has to obey an interrupt, and then how long killing it may take. */
const interruptGrace = 300
const killGrace = 300

/** The persistent shell of a session: one command at a time, each with its own output and exit code. */
export class Shell {
  readonly #options: ShellOptions
  #process: ShellProcess | undefined
  #command: RunningCommand | undefined
  /** Whether somebody waits for the command. */
  #isWatched = false
  #directory: string
  #isFirst = true

  constructor(options: ShellOptions) {
    this.#options = options
    this.#directory = options.workspace
  }

  /** Starts the shell if there is none; a command does so by itself. */
  async open(): Promise<ShellProcess> {
    const shell = this.#process ?? this.#startProcess()
    await shell.ready
    return shell
  }

  /** Runs a command or types input into the one that runs; an abort ends the command's whole tree. Never rejects for them. */
  async run(request: ShellRequest, signal: AbortSignal, onOutput: (bytes: Buffer) => void): Promise<ShellResult> {
    const command = this.#command
    if (request.isInput) return this.#type(request, signal, onOutput)
    if (command !== undefined && !command.hasEnded) return this.#busy(command)
    const earlier = command === undefined ? '' : this.#lastWords(command)
    this.#command = undefined
    const shell = await this.open()
    if (this.#process !== shell) throw new Error('bash ended before its first prompt')
    const tree = {
      shell: shell.pid,
      since: ticksNow(),
      spared: new Set(childrenOf(shell.pid)),
      mark: this.#options.mark,
    }
    const started = new RunningCommand(request.command, tree, this.#options.outputLimit)
    this.#command = started
    started.number = shell.start(request.command)
    const result = await this.#follow(started, request.timeoutMs, signal, onOutput)
    return earlier === '' ? result : { ...result, output: earlier + result.output }
  }

  /** Ends the shell and every job that it can still be found to have. */
  close(): void {
    this.#process?.kill()
    rmSync(this.#options.control, { recursive: true, force: true })
  }

  async #type(request: ShellRequest, signal: AbortSignal, onOutput: (bytes: Buffer) => void): Promise<ShellResult> {
    const command = this.#command
    if (command === undefined) return this.#result('[No command is running; nothing was typed.]\n', 1)
    if (!command.hasEnded && request.command !== '') {
      // A person ends a line with the return key; an empty text only waits on.
      const line = request.command.replaceAll('\n', '\r')
      this.#process?.type(keys.get(request.command) ?? (line.endsWith('\r') ? line : line + '\r'))
      command.lastActivity = performance.now()
    }
    if (this.#isWatched) return this.#result('[Typed; the command is still being waited for.]\n', -1)
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
          await this.#end(command)
          return this.#finish(
            command,
            124,
            `The command was ended after ${timeoutMs / 1000} seconds, its time limit.`,
            true,
          )
        case 'aborted':
          await this.#end(command)
          return this.#finish(command, 130, 'The command was interrupted.')
      }
    } finally {
      this.#isWatched = false
      command.onOutput = () => undefined
    }
  }

  #leave(command: RunningCommand, reason: string): ShellResult {
    return this.#result(command.take(`${reason} Send it input, C-c to interrupt it, or nothing to wait on.`), -1)
  }

  #finish(command: RunningCommand, status: number, note = '', timedOut = false): ShellResult {
    if (this.#command === command) this.#command = undefined
    const notes = [note, command.note].filter(Boolean).join(' ')
    return { ...this.#result(command.take(notes), status), timedOut }
  }

  #busy(command: RunningCommand): ShellResult {
    const name = JSON.stringify(command.command.slice(0, 200))
    const advice = 'Send it input, C-c to interrupt it, or nothing to wait on; then run the new one.'
    return this.#result(`[Nothing was run: the command ${name} still runs in this shell. ${advice}]\n`, -1)
  }

  #lastWords(command: RunningCommand): string {
    const name = JSON.stringify(command.command.slice(0, 200))
    const output = command.take('')
    return `[Meanwhile the command ${name} has ended with exit code ${command.status}. Its last output:]\n${output}[End of it.]\n`
  }

  #result(output: string, exitCode: number): ShellResult {
    return { output, exitCode, directory: this.#directory, timedOut: false }
  }

  /** `exec` or a lost prompt: nothing here will ever say that a command has ended, so the shell is given up. */
  async #replace(command: RunningCommand, isInterrupt: boolean): Promise<ShellResult> {
    await this.#kill(command)
    return this.#finish(command, isInterrupt ? 130 : 0, 'The shell no longer answered.')
  }

  /** Interrupts, then kills the whole tree of a command, at last the shell itself. */
  async #end(command: RunningCommand): Promise<void> {
    const foreground = readProcess(command.shell)?.foreground
    send(command.shell, 'SIGINT')
    if (foreground !== undefined && foreground > 1 && foreground !== command.shell) send(-foreground, 'SIGINT')
    await command.endWithin(interruptGrace)
    const killed = performance.now()
    const isAlone = killAll(() => membersOf(command.tree), 4)
    if (command.hasEnded && isAlone) return
    while (!command.hasEnded && performance.now() - killed < killGrace) {
      // A script would go on with its next line after the death of one program.
      send(command.shell, 'SIGINT')
      await command.endWithin(50)
      killAll(() => membersOf(command.tree), 4)
    }
    if (command.hasEnded) killAll(() => membersOf(command.tree))
    else await this.#kill(command)
  }

  async #kill(command: RunningCommand): Promise<void> {
    // First the shell, which may be starting programs; they are then told by their mark.
    this.#process?.kill()
    await command.endWithin(killGrace)
    killAll(() => membersOf(command.tree))
  }

  #startProcess(): ShellProcess {
    const { workspace, control, environment } = this.#options
    const place: ShellPlace = { workspace, control, environment, directory: this.#directory, restores: !this.#isFirst }
    this.#isFirst = false
    const shell: ShellProcess = new ShellProcess(place, {
      onBegin: number => {
        if (this.#command?.number === number) this.#command.begin()
      },
      onBytes: (number, bytes) => {
        if (this.#command?.number === number) this.#command.write(bytes)
      },
      onEnd: (number, status, directory, wasDeleted) => {
        if (directory !== undefined) this.#directory = directory
        const note = wasDeleted ? `The folder of the shell was deleted; it is now in ${this.#directory}.` : ''
        if (this.#command?.number === number) this.#command.end(status, note)
      },
      onExit: status => this.#exited(shell, status),
    })
    this.#process = shell
    return shell
  }

  #exited(shell: ShellProcess, status: number): void {
    if (this.#process !== shell) return
    this.#process = undefined
    try {
      this.#directory = readFileSync(`${this.#options.control}/directory`, 'utf8')
      rmSync(`${this.#options.control}/directory`)
    } catch {
      // It was killed and could not leave word: the folder of the last prompt holds.
    }
    const note = `The shell ended; the next command gets a new one in ${this.#directory} with the same exported variables.`
    this.#command?.end(status, note)
  }
}
