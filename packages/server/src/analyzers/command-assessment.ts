import type { SecurityRisk } from '@openhands/protocol'
import type { Assessment } from '../core/ports.ts'
import type { BashParser } from './bash-parser.ts'
import { Call } from './call.ts'
import { commandRules } from './command-rules.ts'
import { KNOWN_PROGRAMS } from './known-programs.ts'
import type { Rule } from './rule.ts'
import type { ShellCommand } from './shell-command.ts'
import { type Unwrapped, unwrap } from './unwrap.ts'

/** What is said of text that could not be read; a text made too long to read is as bad as what it may hide. */
const UNREADABLE = {
  syntax: { risk: -1, reason: 'The command cannot be read as shell text, so nobody can say what it would do.' },
  'too-long': { risk: 2, reason: 'The command is too long to be examined.' },
  'too-complex': { risk: 2, reason: 'The command is too complex to be examined.' },
} as const satisfies Record<string, Assessment>

/** From harmless to worst: what is not known is worse than what is known to be moderate. */
const SEVERITY: readonly SecurityRisk[] = [0, 1, -1, 2]

/** Judges shell text by the worst of its commands. Never throws. */
export function assessCommand(text: string, workspace: string, parser: BashParser): Assessment {
  const parsed = parser.commands(text, workspace)
  if (!parsed.ok) return UNREADABLE[parsed.why]
  const found = parsed.commands.flatMap(command => unwrap(command, parser)).map(one => assessOne(one, workspace))
  return worst(found) ?? { risk: 0, reason: 'The command only reads, computes or builds inside the workspace.' }
}

/** The most severe of several; the first of equals; undefined of none or when all are low. */
export function worst(assessments: readonly (Assessment | undefined)[]): Assessment | undefined {
  const found = assessments.filter(one => one !== undefined)
  const severe = Math.max(0, ...found.map(({ risk }) => SEVERITY.indexOf(risk)))
  return severe === 0 ? undefined : found.find(({ risk }) => risk === SEVERITY[severe])
}

function assessOne(one: Unwrapped, workspace: string): Assessment | undefined {
  if (one.kind === 'opaque') return { risk: one.risk, reason: sentence(nameOf(one.command), one.because, '') }
  const call = new Call(one.program, one.args, one.command, workspace)
  const rules = rulesFor(call.program)
  return worst([...rules.map(rule => apply(rule, call)), unfamiliar(call)])
}

function apply(rule: Rule, call: Call): Assessment | undefined {
  const found = rule.find(call)
  return found === undefined ? undefined : { risk: rule.risk, reason: sentence(call.program, rule.because, found) }
}

function unfamiliar(call: Call): Assessment | undefined {
  const name = call.command.words[0]?.text ?? ''
  const isPath = name.includes('/') && !/^(\/usr(\/local)?)?\/s?bin\//.test(name)
  if (call.program === '' || (KNOWN_PROGRAMS.has(call.program) && !isPath)) return undefined
  return { risk: 1, reason: sentence(call.program, 'is a program that no rule knows', '') }
}

const byProgram = new Map<string, readonly Rule[]>()
const general = commandRules.filter(({ of }) => of === undefined)
for (const program of new Set(commandRules.flatMap(({ of }) => of ?? [])))
  byProgram.set(
    program,
    commandRules.filter(({ of }) => of === undefined || of.includes(program)),
  )

/** `mkfs.ext4` and `python3.12` are judged as `mkfs` and `python3`. */
function rulesFor(program: string): readonly Rule[] {
  return byProgram.get(program) ?? byProgram.get(program.replace(/[.\d][\w.]*$/, '')) ?? general
}

function nameOf({ words }: ShellCommand): string {
  return words[0]?.text ?? ''
}

const LONGEST_QUOTE = 120

function sentence(program: string, because: string, found: string): string {
  const subject = visible(program)
  const text = because.replace('$', () => `\u201c${visible(found)}\u201d`)
  return subject === '' ? `The command ${text}.` : `\u201c${subject}\u201d ${text}.`
}

/** Every character that could hide or reorder others written out, and shortened. */
function visible(text: string): string {
  const start = text.slice(0, LONGEST_QUOTE)
  const plain = start.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, char => `\\u{${char.codePointAt(0)?.toString(16)}}`)
  return plain.length < text.length || plain.length > LONGEST_QUOTE ? `${plain.slice(0, LONGEST_QUOTE)}…` : plain
}
