import { closeSync, constants, openSync } from 'node:fs'
import { type IPty, spawn } from '@lydell/node-pty'
import { killAll, terminalVariable } from '../process-tree.ts'
import { listProcesses, type Process, variableOf } from '../processes.ts'
import type { OpenParams } from '../protocol.ts'
import { deviceOf } from './pty-parts.ts'
import type { Size } from './size.ts'

/** What keeps programs from asking an agent questions is in a person's way. */
const forAgents: ReadonlyMap<string, string> = new Map([
  ['PAGER', 'cat'],
  ['GIT_PAGER', 'cat'],
  ['MANPAGER', 'cat'],
  ['SYSTEMD_PAGER', 'cat'],
  ['GIT_EDITOR', 'true'],
  ['GIT_TERMINAL_PROMPT', '0'],
  ['DEBIAN_FRONTEND', 'noninteractive'],
])

/** A bash of a user's own on a terminal in the workspace. */
export class OwnTerminal {
  readonly pty: IPty
  readonly #name: string
  /** The terminal's other end, held open so that the last bytes are not lost. */
  #slave: number | undefined

  /** `name` is like no other terminal's in this sandbox. */
  constructor(name: string, { workspace, environment }: OpenParams, size: Size) {
    this.#name = name
    const variables = Object.entries(environment).filter(([key, value]) => forAgents.get(key) !== value)
    this.pty = spawn('bash', ['-i'], {
      name: 'xterm-256color',
      cols: size.columns,
      rows: size.rows,
      cwd: workspace,
      env: { ...Object.fromEntries(variables), PS1: '\\w\\$ ', [terminalVariable]: name },
      encoding: null,
    })
    this.#slave = openSync(deviceOf(this.pty), constants.O_RDWR | constants.O_NOCTTY)
  }

  /** Ends the shell with everything that was started in it. */
  end(): void {
    if (this.#slave !== undefined) closeSync(this.#slave)
    this.#slave = undefined
    killAll(() => this.#members())
  }

  #members(): number[] {
    const processes = new Map(listProcesses().map(entry => [entry.pid, entry]))
    return [...processes.values()].filter(entry => this.#isMember(entry, processes)).map(entry => entry.pid)
  }

  #isMember(start: Process, processes: ReadonlyMap<number, Process>): boolean {
    for (let at: Process | undefined = start; at !== undefined && at.pid > 1; at = processes.get(at.parent)) {
      if (at.pid === this.pty.pid) return true
      if (at.pid === process.pid) return false
    }
    return variableOf(start.pid, terminalVariable) === this.#name
  }
}
