import { posix } from 'node:path'
import type { BashParser } from './bash-parser.ts'
import { computedWord, literalWord, type ShellCommand, type Word } from './shell-command.ts'

/** A command after its wrappers were taken off, or a reason why what really runs cannot be told. */
export type Unwrapped =
  | {
      readonly kind: 'command'
      readonly program: string
      readonly args: readonly Word[]
      readonly command: ShellCommand
    }
  | { readonly kind: 'opaque'; readonly risk: -1 | 2; readonly because: string; readonly command: ShellCommand }

interface Wrapper {
  /** Options that take the next word as their value. */
  readonly valued: string
  /** Words between the options and the command. */
  readonly operands?: number
  /** `NAME=value` words may stand before the command. */
  readonly assigns?: boolean
}

/** Programs whose arguments are another command. */
const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  ['sudo', { valued: '-u -g -h -p -C -T -r -t -D -R -U --user --group --host --prompt --chdir', assigns: true }],
  ['doas', { valued: '-u -C' }],
  ['env', { valued: '-u -C --unset --chdir', assigns: true }],
  ['nohup', { valued: '' }],
  ['command', { valued: '' }],
  ['builtin', { valued: '' }],
  ['exec', { valued: '-a' }],
  ['time', { valued: '-f -o --format --output' }],
  ['nice', { valued: '-n --adjustment' }],
  ['ionice', { valued: '-c -n -p --class --classdata' }],
  ['chrt', { valued: '-T -P -D', operands: 1 }],
  ['taskset', { valued: '', operands: 1 }],
  ['timeout', { valued: '-k -s --kill-after --signal', operands: 1 }],
  ['stdbuf', { valued: '-i -o -e --input --output --error' }],
  ['setsid', { valued: '' }],
  ['coproc', { valued: '' }],
  ['unbuffer', { valued: '' }],
  ['catchsegv', { valued: '' }],
  ['busybox', { valued: '' }],
  ['toybox', { valued: '' }],
  ['fakeroot', { valued: '-l -s -i -b' }],
  ['strace', { valued: '-e -o -p -s -u -E -P -a -b -I -O -S -U -X' }],
  ['ltrace', { valued: '-e -o -p -s -u -a -l -n -x -A -D -F' }],
  ['flock', { valued: '-w -E --timeout --conflict-exit-code', operands: 1 }],
  ['unshare', { valued: '-S -G -R -w --setuid --setgid --root --wd' }],
  [
    'xargs',
    {
      valued: '-I -n -P -L -d -a -E -s --replace --max-args --max-procs --max-lines --delimiter --arg-file --max-chars',
    },
  ],
])

/** Shells that run the text after `-c`. */
export const SHELLS = new Set('sh bash dash zsh ksh ash mksh fish rbash'.split(' '))

const DEEPEST = 4
/** More words than these are not looked at, in one command. */
const MOST_WORDS = 1000
/** More commands than these are not taken out of one. */
const MOST_INNER = 200

/** Takes off every wrapper and reads the texts that a command hands to a shell, to a bounded depth. */
export function unwrap(
  command: ShellCommand,
  parser: BashParser,
  depth = 0,
  budget = { left: MOST_INNER },
): readonly Unwrapped[] {
  if (depth > DEEPEST || --budget.left < 0) return [opaque(command, 2, 'wraps too many commands into each other')]
  if (command.words.length > MOST_WORDS) return [opaque(command, 2, 'has too many words to be examined')]
  const [name, ...args] = command.words
  if (!name) return [{ kind: 'command', program: '', args: [], command }]
  if (!name.literal || name.glob || name.text === '') return [opaque(command, -1, 'computes which program it runs')]
  const program = programOf(name.text)
  const self: Unwrapped = { kind: 'command', program, args, command }
  const inner = (one: ShellCommand): readonly Unwrapped[] => unwrap(one, parser, depth + 1, budget)
  const wrapper = WRAPPERS.get(program)
  if (wrapper) return [self, ...unwrapOne(self, wrapper, inner)]
  const text = textToRun(program, args, command)
  if (text === undefined) return [self, ...execOf(program, args, command).flatMap(inner)]
  return [self, ...read(text, command, parser).flatMap(one => ('kind' in one ? [one] : inner(one)))]
}

/** `/usr/bin/rm` is `rm`; a backslash in front only keeps aliases away. */
function programOf(name: string): string {
  return posix.basename(name)
}

function opaque(command: ShellCommand, risk: -1 | 2, because: string): Unwrapped {
  return { kind: 'opaque', risk, because, command }
}

function unwrapOne(
  { command, program, args }: Extract<Unwrapped, { kind: 'command' }>,
  { valued, operands = 0, assigns = false }: Wrapper,
  inner: (command: ShellCommand) => readonly Unwrapped[],
): readonly Unwrapped[] {
  const takesValue = new Set(valued.split(' '))
  const assignments = [...command.assignments]
  let [at, skip] = [0, operands]
  for (; at < args.length; at++) {
    const word = args[at]
    if (!word || (word.splits && !word.literal)) return [opaque(command, -1, `lets ${program} run what is computed`)]
    if (program === 'env' && /^(-\w*S|--split-string)/.test(word.text))
      return [opaque(command, -1, 'hides a command in an option of env')]
    if (word.text === '--') continue
    if (word.text.startsWith('-') && word.text !== '-') at += takesValue.has(word.text) ? 1 : 0
    else if (assigns && /^\w+=/.test(word.text)) assignments.push(assignmentOf(word))
    else if (skip > 0) skip--
    else break
  }
  const words = args.slice(at)
  if (words.length === 0) return []
  const given = program === 'xargs' ? [...words, computedWord] : words
  const wrappers = [...command.wrappers, program]
  return inner({ ...command, words: given, assignments, wrappers, redirections: [] })
}

function assignmentOf(word: Word): ShellCommand['assignments'][number] {
  const split = word.text.indexOf('=')
  return { name: word.text.slice(0, split), value: { ...word, text: word.text.slice(split + 1) } }
}

/** The text that a command gives to a shell, if it does. */
function textToRun(program: string, args: readonly Word[], { input }: ShellCommand): Word | undefined {
  if (SHELLS.has(program) || program === 'su') {
    const option = args.findIndex(({ text }) => /^-\w*c\w*$/.test(text) || text === '--command')
    if (option !== -1) return args.slice(option + 1).find(({ text }) => !/^[-+]\w+$/.test(text)) ?? computedWord
    return input && !args.some(({ text }) => !text.startsWith('-')) ? input : undefined
  }
  if (program === 'eval' || program === 'watch') return joinWords(program === 'eval' ? args : withoutOptions(args))
  if (program === 'trap') return args.length > 1 ? args.find(({ text }) => !text.startsWith('-')) : undefined
  if (program === 'alias') return joinWords(args.map(word => ({ ...word, text: word.text.replace(/^[^=]*=?/, '') })))
  return undefined
}

function withoutOptions(args: readonly Word[]): readonly Word[] {
  const first = args.findIndex(({ text }) => !/^-|^[\d.]+$/.test(text))
  return first === -1 ? [] : args.slice(first)
}

function joinWords(words: readonly Word[]): Word | undefined {
  if (words.length === 0) return undefined
  const literal = words.every(word => word.literal && !word.glob)
  return { ...literalWord(words.map(({ text }) => text).join(' ')), literal }
}

function read(text: Word, command: ShellCommand, parser: BashParser): readonly (ShellCommand | Unwrapped)[] {
  if (!text.literal) return [opaque(command, 2, 'runs text that is computed')]
  const [directory, ...others] = command.directories
  const parsed = parser.commands(text.text, directory ?? '/')
  if (!parsed.ok)
    return [opaque(command, parsed.why === 'syntax' ? -1 : 2, 'holds text that cannot be read as commands')]
  const moved = directory === undefined || others.length > 0
  return parsed.commands.map(one => ({ ...one, wrappers: command.wrappers, ...(moved ? { directories: [] } : {}) }))
}

/** The commands that `find -exec` and its kin run; `{}` stands for whatever they find. */
function execOf(program: string, args: readonly Word[], command: ShellCommand): readonly ShellCommand[] {
  if (program !== 'find' && program !== 'fd') return []
  const starts = args.findIndex(({ text }) => /^[-(!]/.test(text))
  const place = args.slice(0, starts === -1 ? args.length : starts)
  const found = place.length === 1 && place[0] ? place[0] : place.length === 0 ? literalWord('.') : computedWord
  return args.flatMap((word, index) => {
    if (!/^(-exec|-execdir|-ok|-okdir|-x|-X|--exec|--exec-batch)$/.test(word.text)) return []
    const rest = args.slice(index + 1)
    const end = rest.findIndex(({ text }) => text === ';' || text === '+')
    const words = end === -1 ? [] : rest.slice(0, end) // without an end find refuses to start
    const filled = words.map(one => (one.text.includes('{}') ? inside(found) : one))
    return [{ ...command, words: filled, redirections: [], wrappers: [...command.wrappers, program] }]
  })
}

function inside(place: Word): Word {
  return place.literal ? literalWord(`${place.text}/found`) : computedWord
}
