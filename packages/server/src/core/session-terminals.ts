import { AGENT_TERMINAL, type TerminalInfo } from '@openhands/protocol'
import { AgentTerminal } from './agent-terminal.ts'
import type { Outcome, Runtime, Terminal, TerminalSize } from './ports.ts'
import { SharedTerminal } from './shared-terminal.ts'

/** A terminal of a user's own, which lives until it is closed, whoever looks at it. */
export interface OwnTerminal {
  readonly id: string
  readonly name: string
  readonly shared: SharedTerminal
  readonly terminal: Terminal
}

/** The terminals of one sandbox; they end with it. */
export class SessionTerminals {
  readonly agent: AgentTerminal
  readonly #runtime: Runtime
  readonly #own = new Map<string, OwnTerminal>()
  #count = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.agent = new AgentTerminal(runtime.terminals)
  }

  /** The agent's first, then those of users by age. */
  list(): readonly TerminalInfo[] {
    const { agent } = this
    const { columns, rows } = agent.size
    const facts = { cols: columns, rows, viewers: agent.viewers, taken: agent.isTaken }
    return [{ id: AGENT_TERMINAL, name: 'agent', of: 'agent', ...facts }, ...[...this.#own.values()].map(infoOf)]
  }

  /** A terminal of a user's own. */
  find(id: string): OwnTerminal | undefined {
    return this.#own.get(id)
  }

  /** Opens a shell of the user's own; it ends when it is closed or says `exit`. */
  async open(
    size: TerminalSize,
    name: string | undefined,
    signal: AbortSignal,
  ): Promise<Outcome<{ info: TerminalInfo }>> {
    const opened = await this.#runtime.terminals.open(size, signal)
    if (!opened.ok) return opened
    const { terminal } = opened
    const id = `t${++this.#count}`
    const own: OwnTerminal = { id, name: name ?? `terminal ${this.#count}`, shared: new SharedTerminal(size), terminal }
    this.#own.set(id, own)
    own.shared
      .show(terminal.output)
      .then(reason => this.#end(own, reason))
      .catch(() => undefined) // the sandbox is lost, and the terminal with it
    return { ok: true, info: infoOf(own) }
  }

  /** Ends a terminal with everything that was started in it; false when there is none of that id. */
  async close(id: string): Promise<boolean> {
    const own = this.#own.get(id)
    if (!own) return false
    await this.#end(own, 'The terminal was closed.')
    return true
  }

  resize(id: string, size: TerminalSize): void {
    const own = this.#own.get(id)
    own?.terminal.resize(size)
    own?.shared.resized(size)
  }

  async #end(own: OwnTerminal, reason: string): Promise<void> {
    if (!this.#own.delete(own.id)) return
    own.shared.end(reason)
    await own.terminal[Symbol.asyncDispose]()
  }
}

function infoOf({ id, name, shared }: OwnTerminal): TerminalInfo {
  const { columns, rows } = shared.size
  return { id, name, of: 'person', cols: columns, rows, viewers: shared.viewers, taken: false }
}

const known = new WeakMap<Runtime, SessionTerminals>()

/** The terminals of a sandbox, the same for whoever asks. */
export function terminalsOf(runtime: Runtime): SessionTerminals {
  const terminals = known.get(runtime) ?? new SessionTerminals(runtime)
  known.set(runtime, terminals)
  return terminals
}
