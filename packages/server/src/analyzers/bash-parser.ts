import { bashGrammar } from './bash-grammar.ts'
import { type Commands, CommandWalk } from './command-walk.ts'
import { splitCommands } from './split-commands.ts'

/** A line that is continued within a word: bash joins the halves, the grammar makes two words of them. */
const GLUED = /[^\s\\]\\\n[^\s]/

/** Reads shell text as bash would. Neither method throws, whatever the text. */
export interface BashParser {
  /**
   * The text's commands, one for each line or group of lines that bash would run as a whole, comments with the command
   * before; the text itself, as one, when bash could not parse it (wire C8).
   */
  splitCommands(text: string): string[]
  /** The simple commands in the order of the text, those inside substitutions before the command that uses them. */
  commands(text: string, directory: string): Commands
}

/** Loads the grammar when it is first needed. */
export async function bashParser(): Promise<BashParser> {
  const parse = await bashGrammar()
  return {
    splitCommands: text => splitCommands(parse, text),
    commands: (text, directory) => {
      if (GLUED.test(text)) return { ok: false, why: 'syntax' }
      const parsed = parse(text)
      if (!parsed.ok) return parsed
      try {
        return new CommandWalk(text, directory).run(parsed.root)
      } finally {
        parsed.free()
      }
    },
  }
}
