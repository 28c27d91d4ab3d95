import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { Language, type Node, Parser, type Tree } from 'web-tree-sitter'

/** Longer texts are not parsed, in UTF-16 units. */
export const LONGEST_TEXT = 64 * 1024
/** Parsing is given up after so many milliseconds; what takes longer was made to take long. */
const PARSE_MS = 100

/** A text that the grammar accepts, or why it was given up. Free it after use. */
export type Parsed =
  | { readonly ok: true; readonly root: Node; readonly free: () => void }
  | { readonly ok: false; readonly why: 'syntax' | 'too-long' | 'too-complex' }

/** Parses text as bash. Never throws. */
export type Parse = (text: string) => Parsed

let loading: Promise<Parse> | undefined

/** Loads the bash grammar once, when it is first needed: about 25 ms. */
export function bashGrammar(): Promise<Parse> {
  loading ??= load()
  return loading
}

/**
 * The optimising compiler would take over 600 MB and a core for seconds to make the grammar's lexer, one huge function,
 * somewhat faster than it needs to be.
 */
const NEVER_OPTIMISE = '--wasm-tiering-budget=2000000000'

async function load(): Promise<Parse> {
  setFlagsFromString(NEVER_OPTIMISE)
  await Parser.init()
  const language = await Language.load(fileURLToPath(import.meta.resolve('tree-sitter-bash/tree-sitter-bash.wasm')))
  const parser = new Parser()
  parser.setLanguage(language)
  return text => parse(parser, text)
}

function parse(parser: Parser, text: string): Parsed {
  if (text.length > LONGEST_TEXT) return { ok: false, why: 'too-long' }
  if (text.includes('\0')) return { ok: false, why: 'syntax' } // bash drops it, the grammar ends there
  const tree = parseInTime(parser, text)
  if (!tree) return { ok: false, why: 'too-complex' }
  if (tree.rootNode.hasError) {
    tree.delete()
    return { ok: false, why: 'syntax' }
  }
  return { ok: true, root: tree.rootNode, free: () => tree.delete() }
}

function parseInTime(parser: Parser, text: string): Tree | undefined {
  const deadline = performance.now() + PARSE_MS
  const isLate = (): boolean => performance.now() > deadline // declared as void, but a true answer cancels
  try {
    const tree = parser.parse(text, null, { progressCallback: isLate })
    if (!tree) parser.reset()
    return tree ?? undefined
  } catch {
    return undefined // the grammar's own stack is full
  }
}
