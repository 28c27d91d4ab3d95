import { messageOf } from '../lib/errors.ts'
import type { ByteStream, Outcome, Terminal, TerminalSize, Terminals } from './ports.ts'
import { SharedTerminal, type TerminalViewer, type Viewing } from './shared-terminal.ts'

/** The size of the terminal while it is the agent's own. */
const agentSize: TerminalSize = { columns: 200, rows: 50 }

/** Somebody who looks at the agent's terminal and may take it over. */
export interface AgentTerminalViewer extends TerminalViewer {
  /** Called when another has it, or the agent has it again; must not throw. */
  onHolder(holder: 'agent' | 'you' | 'somebody'): void
}

/** A viewer's hold on the agent's terminal. */
export interface AgentViewing extends Viewing {
  /** Refuses when somebody else has it. */
  takeOver(size: TerminalSize): Promise<Outcome<Record<never, never>>>
  /** Makes it the agent's again, if this viewer has it. */
  giveBack(): Promise<void>
  /** Types, if this viewer has it; false otherwise. */
  write(bytes: Uint8Array): Promise<boolean>
  /** Does nothing unless this viewer has it. */
  resize(size: TerminalSize): void
}

/** The terminal that the agent's commands run in: anybody may look, one at a time may have it. */
export class AgentTerminal {
  readonly #terminals: Terminals
  readonly #shared = new SharedTerminal(agentSize)
  readonly #viewers = new Set<AgentTerminalViewer>()
  #watching: Promise<ByteStream | undefined> | undefined
  #held: { readonly by: AgentTerminalViewer; readonly terminal: Terminal } | undefined
  /** While somebody's wish to take it over is under way. */
  #taking = false

  constructor(terminals: Terminals) {
    this.#terminals = terminals
  }

  get size(): TerminalSize {
    return this.#shared.size
  }

  get viewers(): number {
    return this.#viewers.size
  }

  get isTaken(): boolean {
    return this.#held !== undefined
  }

  /** Shows a viewer what the terminal shows, and from then on everything. */
  join(viewer: AgentTerminalViewer): AgentViewing {
    this.#viewers.add(viewer)
    const viewing = this.#shared.join(viewer)
    if (this.#held) viewer.onHolder('somebody')
    this.#watch()
    return {
      ...viewing,
      takeOver: size => this.#take(viewer, size),
      giveBack: () => this.#giveBack(viewer),
      write: async bytes => {
        if (this.#held?.by !== viewer) return false
        await this.#held.terminal.write(bytes)
        return true
      },
      resize: size => {
        if (this.#held?.by !== viewer) return
        this.#held.terminal.resize(size)
        this.#shared.resized(size)
      },
      leave: () => {
        this.#viewers.delete(viewer)
        viewing.leave()
        this.#giveBack(viewer).catch(() => undefined) // a lost sandbox has no terminal to give back
        if (this.#viewers.size === 0) this.#unwatch()
      },
    }
  }

  #watch(): void {
    this.#watching ??= this.#openWatch().catch(error => {
      this.#shared.end(messageOf(error))
      return undefined
    })
  }

  async #openWatch(): Promise<ByteStream | undefined> {
    const opened = await this.#terminals.watch(new AbortController().signal)
    if (!opened.ok) throw new Error(opened.message)
    const { stream } = opened
    this.#shared
      .show(stream.output)
      .then(reason => {
        this.#shared.forget() // the next watch begins with the screen
        if (this.#viewers.size > 0) this.#shared.end(reason)
      })
      .catch(() => undefined) // it never rejects
    return stream
  }

  #unwatch(): void {
    const watching = this.#watching
    this.#watching = undefined
    watching
      ?.then(stream => stream?.[Symbol.asyncDispose]())
      .then(() => {
        if (this.#viewers.size === 0) this.#shared.forget()
      })
      .catch(() => undefined) // a lost sandbox has ended it already
  }

  async #take(viewer: AgentTerminalViewer, size: TerminalSize): Promise<Outcome<Record<never, never>>> {
    if (this.#held?.by === viewer) return { ok: true }
    if (this.#held || this.#taking) return { ok: false, message: "Somebody has the agent's terminal already." }
    this.#taking = true
    try {
      const taken = await this.#terminals.takeOver(size, new AbortController().signal)
      if (!taken.ok) return taken
      this.#held = { by: viewer, terminal: taken.terminal }
      this.#drain(viewer, taken.terminal)
      if (!this.#viewers.has(viewer))
        await this.#giveBack(viewer) // it has gone meanwhile
      else {
        this.#shared.resized(size)
        this.#tell()
      }
      return { ok: true }
    } finally {
      this.#taking = false
    }
  }

  /** What is shown to the holder is shown to all who look, the holder among them; this copy only has to be read. */
  #drain(viewer: AgentTerminalViewer, terminal: Terminal): void {
    const drain = async (): Promise<void> => {
      for await (const _ of terminal.output);
    }
    const end = (): Promise<void> => this.#giveBack(viewer)
    drain()
      .then(end, end)
      .catch(() => undefined) // a lost sandbox has no terminal to give back
  }

  async #giveBack(viewer: AgentTerminalViewer): Promise<void> {
    const held = this.#held
    if (held?.by !== viewer) return
    this.#held = undefined
    try {
      await held.terminal[Symbol.asyncDispose]()
    } finally {
      this.#shared.resized(agentSize)
      this.#tell()
    }
  }

  #tell(): void {
    const by = this.#held?.by
    for (const viewer of this.#viewers) viewer.onHolder(by === undefined ? 'agent' : by === viewer ? 'you' : 'somebody')
  }
}
