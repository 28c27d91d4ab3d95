/** One word of a command, as far as its text tells what it will be. */
export interface Word {
  /** What the word is when it is `literal`; otherwise its known parts, with nothing where something is computed. */
  readonly text: string
  /** Nothing in it is computed when the command runs. */
  readonly literal: boolean
  /** Names of files are put in its place: it holds an unquoted `*`, `?` or `[`. */
  readonly glob: boolean
  /** It is computed outside quotes, and so may become several words, or none. */
  readonly splits: boolean
  /** The commands whose output is part of it. */
  readonly commands: readonly ShellCommand[]
}

export interface Assignment {
  readonly name: string
  readonly value: Word
}

export interface Redirection {
  /** `<`, `>`, `>>`, `>|`, `&>`, `&>>`, `>&`, `<&`, `<>`. */
  readonly operator: string
  readonly target: Word
}

/** One simple command, wherever in a text it stands; without words it only assigns or redirects. */
export interface ShellCommand {
  readonly words: readonly Word[]
  /** Set for this command only, in front of it; or for the shell when there are no words. */
  readonly assignments: readonly Assignment[]
  readonly redirections: readonly Redirection[]
  /** What it reads when that is written in the text itself: a here-document or here-string. */
  readonly input: Word | undefined
  /** The commands whose output it reads through pipes. */
  readonly upstream: readonly ShellCommand[]
  readonly background: boolean
  /** The folders that it may run in; none where `cd` went somewhere computed. */
  readonly directories: readonly string[]
  /** Programs that run it: `sudo`, `env`, … outermost first. */
  readonly wrappers: readonly string[]
}

/** A word that is exactly this text. */
export function literalWord(text: string): Word {
  return { text, literal: true, glob: false, splits: false, commands: [] }
}

/** A word of which nothing is known. */
export const computedWord: Word = { text: '', literal: false, glob: false, splits: true, commands: [] }

/** The name under which a function that calls itself is listed; no program has it. */
export const RECURSION = '\u0000recursion'
