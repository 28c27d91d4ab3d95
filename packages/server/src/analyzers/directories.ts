import { posix } from 'node:path'
import { literalWord, type Word } from './shell-command.ts'
import { HOME } from './word-reader.ts'

/** Where `cd` or `pushd` leads from each of these folders: nowhere known if it is computed; undefined for other programs. */
export function reachedBy(
  program: string,
  args: readonly Word[],
  from: readonly string[],
): readonly string[] | undefined {
  if (program !== 'cd' && program !== 'pushd' && program !== 'popd') return undefined
  const target = args.find(({ text }) => !/^-[LPe@]+$|^--$/.test(text)) ?? literalWord(HOME)
  if (program === 'popd' || !target.literal || target.glob || target.text === '-') return []
  return [...new Set(from.map(one => posix.resolve(one, target.text)))]
}

const MOST_DIRECTORIES = 8

/** All of both; none, which means that nothing is known, when nothing is known of one of them or they are too many. */
export function union(a: readonly string[], b: readonly string[]): readonly string[] {
  const both = [...new Set([...a, ...b])]
  return a.length === 0 || b.length === 0 || both.length > MOST_DIRECTORIES ? [] : both
}
