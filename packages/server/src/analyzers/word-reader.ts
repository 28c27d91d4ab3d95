import type { Node } from 'web-tree-sitter'
import type { ShellCommand, Word } from './shell-command.ts'

/** What a reader of words needs to know of the text around them. */
export interface Surroundings {
  /** The value of a variable, where the text makes it certain. */
  variable(name: string): string | undefined
  /** Reads the commands of a substitution. */
  commands(node: Node): readonly ShellCommand[]
}

interface Piece {
  readonly text: string
  readonly literal: boolean
  readonly glob?: boolean
  readonly splits?: boolean
  readonly commands?: readonly ShellCommand[]
}

const computed: Piece = { text: '', literal: false, splits: true }

/** Where `~` and `$HOME` lead, as programs in a sandbox see it. */
export const HOME = '/home/agent'

/** Reads a word as bash would, up to what is computed when the command runs. */
export function readWord(node: Node, around: Surroundings): Word {
  const { text, literal, glob = false, splits = false, commands = [] } = readPiece(node, around, false)
  const tilde = node.text.startsWith('~') && literal ? expandTilde(text) : text
  return { text: tilde, literal, glob, splits, commands }
}

function readPiece(node: Node, around: Surroundings, quoted: boolean): Piece {
  switch (node.type) {
    case 'word':
    case 'number':
    case 'variable_name':
    case 'file_descriptor':
    case 'regex':
    case 'extglob_pattern':
    case 'test_operator':
      return node.childCount > 0 ? joined(node, around, quoted) : readUnquoted(node.text)
    case 'raw_string':
      return { text: node.text.slice(1, -1), literal: true }
    case 'ansi_c_string':
      return readAnsi(node.text.slice(2, -1))
    case 'string':
      return readString(node, around)
    case 'command_name':
    case 'concatenation':
      return joined(node, around, quoted)
    case 'simple_expansion':
      return variable(node.text.slice(1), around, quoted)
    case 'expansion':
      return readExpansion(node, around, quoted)
    default:
      return { ...computed, splits: !quoted, commands: around.commands(node) }
  }
}

function joined(node: Node, around: Surroundings, quoted: boolean): Piece {
  const pieces = node.children.map(child => readPiece(child, around, quoted))
  const braces = node.type === 'concatenation' && /(?<!\\)[{][^}]*(,|\.\.)/.test(node.text)
  const piece = join(pieces)
  return braces ? { ...piece, literal: false, splits: true } : piece
}

function join(pieces: readonly Piece[]): Piece {
  return {
    text: pieces.map(({ text }) => text).join(''),
    literal: pieces.every(({ literal }) => literal),
    glob: pieces.some(({ glob }) => glob),
    splits: pieces.some(({ splits }) => splits),
    commands: pieces.flatMap(({ commands }) => commands ?? []),
  }
}

function readUnquoted(raw: string): Piece {
  const glob = /[*?[]/.test(raw.replaceAll(/\\[\s\S]/g, ''))
  const text = raw.replaceAll(/\\([\s\S])/g, (_, char: string) => (char === '\n' ? '' : char))
  return { text, literal: true, glob }
}

/** Between double quotes only some characters can be escaped. The text between child nodes counts as well. */
function readString(node: Node, around: Surroundings): Piece {
  const source = node.text
  const pieces: Piece[] = []
  let at = 1
  for (const child of node.children.slice(1, -1)) {
    const begin = child.startIndex - node.startIndex
    if (begin > at) pieces.push(readQuoted(source.slice(at, begin)))
    const isText = child.type === 'string_content' || !child.isNamed
    pieces.push(isText ? readQuoted(child.text) : { ...readPiece(child, around, true), splits: false })
    at = child.endIndex - node.startIndex
  }
  pieces.push(readQuoted(source.slice(at, -1)))
  return join(pieces)
}

function readQuoted(raw: string): Piece {
  return { text: raw.replaceAll(/\\([$`"\\\n])/g, (_, char: string) => (char === '\n' ? '' : char)), literal: true }
}

function readExpansion(node: Node, around: Surroundings, quoted: boolean): Piece {
  const name = /^\$\{(\w+)\}$/.exec(node.text)?.[1]
  return name ? variable(name, around, quoted) : { ...computed, splits: !quoted, commands: around.commands(node) }
}

function variable(name: string, around: Surroundings, quoted: boolean): Piece {
  const value = around.variable(name)
  if (value === undefined || (!quoted && /[\s*?[]/.test(value))) return { ...computed, splits: !quoted }
  return { text: value, literal: true }
}

function expandTilde(text: string): string {
  const [, user, rest] = /^~([^/]*)(.*)$/s.exec(text) ?? []
  return user === undefined ? text : `${user === '' ? HOME : `/home/${user}`}${rest ?? ''}`
}

const ANSI: ReadonlyMap<string, string> = new Map(
  Object.entries({ n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', v: '\v' }),
)

/** `$'…'`: https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html */
function readAnsi(raw: string): Piece {
  const escapes = /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c([\s\S])|([\s\S]))/g
  const text = raw.replaceAll(escapes, (_, x?: string, u?: string, U?: string, o?: string, c?: string, char = '') => {
    const code = x ?? u ?? U
    if (code !== undefined) return codePoint(Number.parseInt(code, 16))
    if (o !== undefined) return codePoint(Number.parseInt(o, 8) & 0xff)
    return c === undefined ? (ANSI.get(char) ?? char) : codePoint(c.charCodeAt(0) & 0x1f)
  })
  const end = text.indexOf('\0') // bash ends such a string there
  return { text: end === -1 ? text : text.slice(0, end), literal: true }
}

function codePoint(code: number): string {
  return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code)
}
