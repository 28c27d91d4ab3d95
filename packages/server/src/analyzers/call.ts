import { type Place, placeOf } from './place.ts'
import type { ShellCommand, Word } from './shell-command.ts'

/** How dangerous a place is to write to or delete from, least first. */
const HARM: readonly Place[] = [
  'sink',
  'temporary',
  'workspace',
  'private',
  'workspace-root',
  'control',
  'secret',
  'outside',
  'device',
]

/** One program with its arguments, as rules look at it. */
export class Call {
  readonly program: string
  readonly args: readonly Word[]
  readonly command: ShellCommand
  readonly #workspace: string

  constructor(program: string, args: readonly Word[], command: ShellCommand, workspace: string) {
    this.program = program
    this.args = args
    this.command = command
    this.#workspace = workspace
  }

  /** True when one of these options is given, long by name (also with `=value`), short ones also in a cluster. */
  has(...options: readonly string[]): boolean {
    return this.args.some(({ text }) => options.some(option => isOption(text, option)))
  }

  /** The values of an option that is written `-o value`, `-ovalue`, `--option value` or `--option=value`. */
  values(...options: readonly string[]): readonly Word[] {
    return this.args.flatMap((word, index) => {
      const { text } = word
      if (options.includes(text)) return this.args.slice(index + 1, index + 2)
      const option = options.find(one => text.startsWith(one.startsWith('--') ? `${one}=` : one))
      if (option === undefined || (!option.startsWith('--') && text.startsWith('--'))) return []
      return [{ ...word, text: text.slice(option.length + (option.startsWith('--') ? 1 : 0)) }]
    })
  }

  /** The arguments that are no options; all after `--`. */
  get operands(): readonly Word[] {
    const end = this.args.findIndex(({ text }) => text === '--')
    const before = end === -1 ? this.args : this.args.slice(0, end)
    return [...before.filter(({ text }) => !/^-./.test(text)), ...(end === -1 ? [] : this.args.slice(end + 1))]
  }

  /** The first operand: `push` of `git push`. */
  get verb(): string {
    return this.operands[0]?.text ?? ''
  }

  /** The worst place that a word can mean; undefined where it is computed. */
  place(word: Word): Place | undefined {
    const { directories } = this.command
    if (!word.literal || (directories.length === 0 && !word.text.startsWith('/'))) return undefined
    const path = word.glob ? stemOf(word.text) : word.text
    const places = (directories.length === 0 ? ['/'] : directories)
      .map(from => placeOf(path, from, this.#workspace))
      .map(place => (place === 'workspace-root' && word.glob && namesSome(word.text) ? 'workspace' : place))
    return places.reduce((a, b) => (HARM.indexOf(a) < HARM.indexOf(b) ? b : a))
  }
}

function isOption(text: string, option: string): boolean {
  if (option.startsWith('--')) return text === option || text.startsWith(`${option}=`)
  if (/^-\w$/.test(option)) return /^-\w+/.test(text) && text.includes(option.slice(1))
  return text === option
}

/** Whether a pattern leaves most files out: `*.pyc` does, `*` and `.*` do not. */
function namesSome(pattern: string): boolean {
  return /\w/.test(pattern.slice(pattern.lastIndexOf('/', pattern.length - 2) + 1))
}

/** The folder whose files a pattern names; `/usr/l*` may be any of `/usr`. */
function stemOf(pattern: string): string {
  const fixed = pattern.slice(0, pattern.search(/[*?[]/))
  const folder = fixed.slice(0, fixed.lastIndexOf('/') + 1)
  return folder === '' ? '.' : folder
}
