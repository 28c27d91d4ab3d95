import type { TerminalInfo, TerminalServerFrame } from '@openhands/protocol'
import type { TerminalLine, TerminalLink } from '../../api/terminal-line.ts'
import type { TerminalCalls } from '../../api/terminals.ts'
import { live } from '../../text.ts'
import { Screen } from './screen.ts'

/** What is known of a terminal beside what it shows. */
export interface TerminalState {
  readonly link: TerminalLink
  /** Who types into the agent's terminal. */
  readonly holder: 'agent' | 'you' | 'somebody'
  /** What the server did not obey. */
  readonly problem: string | undefined
}

export const unattached: TerminalState = { link: { kind: 'connecting' }, holder: 'agent', problem: undefined }

interface AttachedOptions {
  readonly host: HTMLElement
  readonly calls: TerminalCalls
  readonly info: TerminalInfo
  readonly onChange: (state: TerminalState) => void
  readonly onLeave: () => void
}

/** A terminal of the server, drawn into an element and typed into. */
export class AttachedTerminal {
  readonly screen: Screen
  readonly #line: TerminalLine
  readonly #isOwn: boolean
  readonly #onChange: (state: TerminalState) => void
  readonly #watch: ResizeObserver
  readonly #endLine: () => void
  #state = unattached
  /** Whether a whole screen has come since the line was opened. */
  #begun = false

  constructor({ host, calls, info, onChange, onLeave }: AttachedOptions) {
    this.#isOwn = info.of === 'person'
    this.#onChange = onChange
    const label = live.terminal.label(this.#isOwn ? info.name : live.terminal.agent)
    this.screen = new Screen({ host, label, onType: typed => this.type(typed), onLeave })
    this.screen.takesTyping = this.#isOwn
    this.#line = calls.line({
      terminal: info.id,
      onBytes: bytes => this.screen.show(bytes),
      onFrame: frame => this.#obey(frame),
      onLink: link => this.#linked(link),
    })
    this.#watch = new ResizeObserver(() => this.#fill())
    this.#watch.observe(host.parentElement ?? host)
    this.#endLine = this.#line.open()
  }

  /** Asks for the agent's terminal, in the size that fits here. */
  takeOver(): void {
    this.#line.say({ type: 'take_over', ...this.screen.room })
  }

  giveBack(): void {
    this.#line.say({ type: 'give_back' })
  }

  /** Connects at once. */
  retry(): void {
    this.#line.retry()
  }

  /** Types, where it may be typed. */
  type(text: string): void {
    if (this.#isMine) this.#line.type(text)
  }

  dispose(): void {
    this.#endLine()
    this.#watch.disconnect()
    this.screen.dispose()
  }

  get #isMine(): boolean {
    return this.#isOwn || this.#state.holder === 'you'
  }

  #obey(frame: TerminalServerFrame): void {
    if (frame.type === 'screen') {
      this.screen.clear(frame.terminal, () => this.#shrink())
      if (!this.#begun) this.#change({ holder: frame.terminal.taken ? 'somebody' : 'agent' })
      this.#begun = true
      this.#fill()
    } else if (frame.type === 'resized') this.screen.resize(frame, () => this.#shrink())
    else if (frame.type === 'error') this.#change({ problem: frame.message })
    else if (frame.type === 'holder') {
      this.#change({ holder: frame.holder, problem: undefined })
      if (frame.holder === 'you') this.screen.focus()
    } // after an exit the link says so
  }

  #linked(link: TerminalLink): void {
    this.#begun = false
    this.#change({ link, holder: 'agent', problem: undefined })
  }

  /** Whoever types decides how big it is; the others see it as it is. */
  #fill(): void {
    this.#shrink()
    if (this.#isMine && this.screen.room) this.#line.say({ type: 'resize', ...this.screen.room })
  }

  #shrink(): void {
    this.screen.shrinks = !this.#isMine
  }

  #change(part: Partial<TerminalState>): void {
    this.#state = { ...this.#state, ...part }
    this.screen.takesTyping = this.#isMine && this.#state.link.kind === 'open'
    this.#onChange(this.#state)
  }
}
