import { type DeltaFrame, type ErrorFrame, type Event, isAction, type StatusFrame } from '@openhands/protocol'
import type { Kept } from '../core/ports.ts'

/** Lines of a command's output that the terminal is shown; the log has the rest. */
const MAX_LINES = 20

/** Tells on a terminal what happens: a few lines an event, or each event as a line of JSON. */
export class Narrator {
  readonly #json: boolean
  readonly #colours: boolean

  constructor(json: boolean, colours: boolean) {
    this.#json = json
    this.#colours = colours
  }

  event(kept: Kept): void {
    if (this.#json) return void process.stdout.write(`${kept.json}\n`)
    const text = this.#tell(kept.event)
    if (text !== '') process.stdout.write(`${neutral(text)}\n`)
  }

  frame(frame: ErrorFrame | StatusFrame | DeltaFrame): void {
    if (this.#json) return void process.stdout.write(`${JSON.stringify(frame)}\n`)
    if ('delta' in frame || frame.message === '') return
    process.stderr.write(`${this.#dim(neutral(frame.message))}\n`)
  }

  #tell(event: Event): string {
    if (isAction(event)) {
      const thought = 'thought' in event.args && event.args.thought ? `${event.args.thought}\n` : ''
      switch (event.action) {
        case 'message':
          return event.source === 'user' ? '' : event.args.content
        case 'run':
          return `${thought}${this.#bold(`$ ${event.args.command}`)}`
        case 'initialize':
        case 'change_agent_state':
          return ''
        case 'edit':
          return `${thought}${this.#bold(`Editing file: ${event.args.path}`)}`
        case 'think':
        case 'plan':
        case 'finish':
          return event.message
        default:
          return `${thought}${this.#bold(event.message)}`
      }
    }
    switch (event.observation) {
      case 'run':
        return this.#output(event.content, event.extras.exit_code)
      case 'error':
      case 'user_rejected':
      case 'condense':
        return event.content
      default:
        return ''
    }
  }

  #output(content: string, exitCode: number): string {
    const lines = content.trimEnd().split('\n')
    const shown =
      lines.length > MAX_LINES ? [`… ${lines.length - MAX_LINES} lines more`, ...lines.slice(-MAX_LINES)] : lines
    return this.#dim(
      [...shown.filter(line => line !== ''), ...(exitCode === 0 ? [] : [`exit code ${exitCode}`])].join('\n'),
    )
  }

  #bold(text: string): string {
    return this.#colours ? `\x1b[1m${text}\x1b[22m` : text
  }

  #dim(text: string): string {
    return this.#colours ? `\x1b[2m${text}\x1b[22m` : text
  }
}

/** Text that comes from a model or a command moves no cursor and sets no title (S17); our own colours stay. */
function neutral(text: string): string {
  return text.replace(/\x1b(?!\[(?:1|2|22)m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g, '·')
}
