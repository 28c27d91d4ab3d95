import type { Call } from './call.ts'
import type { Place } from './place.ts'
import { literalWord, type Word } from './shell-command.ts'

type Targets = (call: Call) => readonly Word[]

const operands: Targets = call => call.operands
const lastOperand: Targets = call => call.operands.slice(-1)
const afterFirst: Targets = call => call.operands.slice(1)
const copied: Targets = call => {
  const into = call.values('-t', '--target-directory')
  return into.length > 0 ? into : call.operands.length > 1 ? lastOperand(call) : []
}
const option =
  (...names: string[]): Targets =>
  call =>
    call.values(...names)
const assigned =
  (prefix: string): Targets =>
  call =>
    call.args
      .filter(({ text }) => text.startsWith(prefix))
      .map(word => ({ ...word, text: word.text.slice(prefix.length) }))

/** What each program writes to, by its arguments; what it deletes is in the rules. */
const WRITTEN: ReadonlyMap<string, Targets> = new Map<string, Targets>([
  ['tee', operands],
  ['sponge', operands],
  ['touch', operands],
  ['mkdir', operands],
  ['mkfifo', operands],
  ['mknod', call => call.operands.slice(0, 1)],
  ['truncate', operands],
  ['fallocate', lastOperand],
  ['split', afterFirst],
  ['cp', copied],
  ['mv', call => [...copied(call), ...call.operands]],
  ['install', call => (call.has('-d') ? call.operands : copied(call))],
  ['ln', call => (call.operands.length > 1 ? lastOperand(call) : [literalWord('.')])],
  ['rsync', copied],
  ['dd', assigned('of=')],
  ['sed', call => (call.has('-i', '--in-place') ? afterFirst(call) : [])],
  ['perl', call => (call.args.some(({ text }) => /^-\w*i/.test(text)) ? afterFirst(call) : [])],
  ['chmod', afterFirst],
  ['chown', afterFirst],
  ['chgrp', afterFirst],
  ['setfacl', lastOperand],
  ['patch', call => [...option('-o', '-d')(call), ...call.operands.slice(0, 1)]],
  ['tar', call => [...option('-C', '--directory')(call), ...(writesArchive(call) ? archive(call) : [])]],
  ['unzip', option('-d')],
  ['zip', call => call.operands.slice(0, 1)],
  ['gzip', operands],
  ['gunzip', operands],
  ['curl', option('-o', '--output', '--output-dir', '-D', '--dump-header', '-c', '--cookie-jar')],
  ['wget', option('-O', '--output-document', '-P', '--directory-prefix', '-o')],
  ['sort', option('-o', '--output')],
  ['find', option('-fprint', '-fprintf', '-fls', '-fprint0')],
  ['ed', operands],
  ['vim', operands],
  ['vi', operands],
  ['nano', operands],
  [
    'git',
    call => [...option('-C')(call), ...call.args.filter(({ text }) => text.startsWith('--output=')).map(afterEquals)],
  ],
])

function afterEquals(word: Word): Word {
  return { ...word, text: word.text.slice(word.text.indexOf('=') + 1) }
}

function writesArchive(call: Call): boolean {
  return call.has('-c', '-r', '-u', '--create') || /^\w*c/.test(call.args[0]?.text ?? '')
}

/** The archive of `tar -cf x`, `tar cf x` and `--file=x`. */
function archive(call: Call): readonly Word[] {
  const bundled = call.args.findIndex(({ text }) => /^-?[a-zA-Z]*f$/.test(text))
  return [...call.values('--file'), ...(bundled === -1 ? [] : call.args.slice(bundled + 1, bundled + 2))]
}

/** Every file or folder that a call writes to: by its arguments and by its redirections. */
export function written(call: Call): readonly Word[] {
  const redirected = call.command.redirections
    .filter(({ operator, target }) => operator.includes('>') && !/^(\d+|-)$/.test(target.text))
    .map(({ target }) => target)
  return [...redirected, ...(WRITTEN.get(call.program)?.(call) ?? [])]
}

/** Every word of a call that may name a file, also where it follows `=`, `@` or `:`. */
export function mentioned(call: Call): readonly Word[] {
  const { assignments, redirections } = call.command
  const words = [...call.args, ...assignments.map(({ value }) => value), ...redirections.map(({ target }) => target)]
  return words.flatMap(word => [
    word,
    ...[...word.text.matchAll(/[=@:,<]/g)]
      .slice(0, 8)
      .map(({ index }) => ({ ...word, text: word.text.slice(index + 1) })),
  ])
}

/** The first word that lies in one of these places, for people to read. */
export function firstIn(
  call: Call,
  words: readonly Word[],
  places: readonly (Place | undefined)[],
): string | undefined {
  const word = words.find(one => places.includes(call.place(one)))
  return word && (word.text === '' ? 'a computed path' : word.text)
}
