import type { Node } from 'web-tree-sitter'
import type { Parsed } from './bash-grammar.ts'
import { reachedBy, union } from './directories.ts'
import { SUBSTITUTES, WORDS } from './node-kinds.ts'
import { settingsIn } from './settings-in.ts'
import {
  type Assignment,
  computedWord,
  literalWord,
  RECURSION,
  type Redirection,
  type ShellCommand,
  type Word,
} from './shell-command.ts'
import { DEEPEST, MOST_COMMANDS, MOST_NODES, TooComplexError } from './walk-limits.ts'
import { HOME, readWord, type Surroundings } from './word-reader.ts'

/** Every simple command of a text, or why they cannot be told. */
export type Commands =
  | { readonly ok: true; readonly commands: readonly ShellCommand[] }
  | { readonly ok: false; readonly why: Extract<Parsed, { ok: false }>['why'] }

/** Walks a syntax tree once and collects its commands, keeping track of folders, pipes and variables. */
export class CommandWalk implements Surroundings {
  readonly #text: string
  readonly #found: ShellCommand[] = []
  #directories: readonly string[]
  /** The folders after the last command, had it succeeded: what `&&` builds on. */
  #onSuccess: readonly string[]
  #upstream: readonly ShellCommand[] = []
  #background = false
  #nodes = 0
  #depth = 0
  readonly #variables = new Map<string, string>()
  #settings: ReadonlyMap<string, number> | undefined

  constructor(text: string, directory: string) {
    this.#text = text
    this.#directories = [directory]
    this.#onSuccess = [directory]
  }

  run(root: Node): Commands {
    try {
      this.#statements(root)
      return { ok: true, commands: this.#found }
    } catch (error) {
      if (error instanceof TooComplexError) return { ok: false, why: 'too-complex' }
      throw error
    }
  }

  variable(name: string): string | undefined {
    if (name === 'HOME') return HOME
    if (name === 'PWD') return '.'
    return this.#variables.get(name)
  }

  commands(node: Node): readonly ShellCommand[] {
    const before = this.#found.length
    this.#inSubshell(() => this.#statements(node))
    return this.#found.slice(before)
  }

  #inSubshell(work: () => void): void {
    const [directories, upstream] = [this.#directories, this.#upstream]
    this.#upstream = []
    work()
    this.#directories = directories
    this.#upstream = upstream
  }

  #statements(node: Node): void {
    const children = node.children
    children.forEach((child, index) => {
      if (!child.isNamed) return
      const outer = this.#background
      this.#background ||= children[index + 1]?.type === '&'
      this.#statement(child)
      this.#background = outer
    })
  }

  #statement(node: Node): void {
    if (++this.#nodes > MOST_NODES || ++this.#depth > DEEPEST) throw new TooComplexError()
    this.#dispatch(node)
    this.#depth--
  }

  #dispatch(node: Node): void {
    switch (node.type) {
      case 'comment':
      case 'heredoc_start':
      case 'heredoc_end':
        return
      case 'command':
        this.#command(node, [])
        return
      case 'redirected_statement':
        this.#redirected(node)
        return
      case 'file_redirect': // `$(<file)`
      case 'heredoc_redirect':
      case 'herestring_redirect':
        this.#add([], [], [node])
        return
      case 'variable_assignment':
        this.#assign([node])
        return
      case 'variable_assignments':
        this.#assign(node.namedChildren)
        return
      case 'declaration_command':
      case 'unset_command':
        this.#declaration(node)
        return
      case 'list':
        this.#list(node)
        return
      case 'pipeline':
        this.#pipeline(node)
        return
      case 'subshell':
        this.#inSubshell(() => this.#statements(node))
        return
      case 'function_definition':
        this.#function(node)
        return
      default:
        if (WORDS.has(node.type)) this.#word(node)
        else this.#statements(node)
    }
  }

  #word(node: Node): Word {
    if (++this.#nodes > MOST_NODES || ++this.#depth > DEEPEST) throw new TooComplexError()
    if (!SUBSTITUTES.has(node.type)) {
      const word = readWord(node, this)
      this.#depth--
      return word
    }
    const commands = this.commands(node)
    this.#depth--
    return { ...computedWord, commands }
  }

  #command(node: Node, redirects: readonly Node[]): void {
    const parts = node.children
    const assignments = parts.filter(part => part.type === 'variable_assignment').map(part => this.#assignment(part))
    const redirections = [...parts.filter(part => part.type.endsWith('_redirect')), ...redirects]
    const words = parts
      .filter(part => part.type !== 'variable_assignment' && !part.type.endsWith('_redirect'))
      .map(part => (part.isNamed ? this.#word(part) : computedWord))
    this.#add(words, assignments, redirections)
  }

  #add(words: readonly Word[], assignments: readonly Assignment[], redirects: readonly Node[]): void {
    const input = this.#input(redirects)
    const redirections = redirects.flatMap(redirect => this.#redirection(redirect))
    if (this.#found.length >= MOST_COMMANDS) throw new TooComplexError()
    this.#found.push({
      words,
      assignments,
      redirections,
      input,
      upstream: this.#upstream,
      background: this.#background,
      directories: this.#directories,
      wrappers: [],
    })
    this.#changeDirectory(words)
    for (const redirect of redirects) if (redirect.type === 'heredoc_redirect') this.#afterHeredoc(redirect)
  }

  /** What stands after `<<EOF` on its line belongs to the redirect in this grammar: a pipe, or a further command. */
  #afterHeredoc(redirect: Node): void {
    const rest = redirect.namedChildren.filter(
      child =>
        !child.type.startsWith('heredoc_') && !child.type.endsWith('_redirect') && child.type !== 'file_descriptor',
    )
    const upstream = this.#upstream
    this.#upstream = [...upstream, ...this.#found.slice(-1)]
    for (const child of rest) this.#statement(child)
    this.#upstream = upstream
  }

  #input(redirects: readonly Node[]): Word | undefined {
    const redirect = redirects.findLast(({ type }) => type === 'heredoc_redirect' || type === 'herestring_redirect')
    if (!redirect) return undefined
    if (redirect.type === 'herestring_redirect') {
      const word = redirect.namedChildren.at(-1)
      return word && this.#word(word)
    }
    const body = redirect.namedChildren.find(({ type }) => type === 'heredoc_body')
    if (!body) return literalWord('')
    const commands = this.commands(body)
    const start = redirect.namedChildren.find(({ type }) => type === 'heredoc_start')
    const isPlain = /['"\\]/.test(start?.text ?? '') || !/[$`\\]/.test(body.text)
    return isPlain ? literalWord(body.text) : { ...computedWord, commands }
  }

  #redirection(node: Node): Redirection[] {
    if (node.type === 'heredoc_redirect') return node.namedChildren.flatMap(child => this.#redirection(child))
    if (node.type !== 'file_redirect') return []
    const operator = node.children.find(child => !child.isNamed)?.type ?? '>'
    const target = node.namedChildren.findLast(child => child.type !== 'file_descriptor')
    return [{ operator, target: target ? this.#word(target) : computedWord }]
  }

  #redirected(node: Node): void {
    const redirects = node.namedChildren.filter(child => child.type.endsWith('_redirect'))
    const body = node.namedChildren.find(child => !child.type.endsWith('_redirect'))
    if (body?.type === 'command') {
      this.#command(body, redirects)
      return
    }
    const before = this.#found.length
    if (body) this.#statement(body)
    const inside = this.#found.slice(before)
    this.#add([], [], redirects)
    const { input } = this.#found[before + inside.length] ?? {}
    if (input)
      for (let i = before; i < before + inside.length; i++) {
        const command = this.#found[i]
        if (command) this.#found[i] = { ...command, input: command.input ?? input }
      }
  }

  #assignment(node: Node): Assignment {
    const name = node.namedChildren[0]?.text ?? ''
    const value = node.namedChildren[1]
    return { name: name.replace(/\[.*/s, ''), value: value ? this.#word(value) : literalWord('') }
  }

  #assign(nodes: readonly Node[]): void {
    const assignments = nodes.map(node => this.#assignment(node))
    this.#add([], assignments, [])
    for (const { name, value } of assignments)
      if (value.literal && !value.glob && this.#isNamedOnce(name)) this.#variables.set(name, value.text)
  }

  /** A variable is only believed when nothing else in the text can set it: its name stands once without a `$`. */
  #isNamedOnce(name: string): boolean {
    this.#settings ??= settingsIn(this.#text)
    return this.#settings.get(name) === 1
  }

  #declaration(node: Node): void {
    const assignments = node.namedChildren.filter(({ type }) => type === 'variable_assignment')
    const words = node.children.map(child =>
      child.isNamed && child.type !== 'variable_assignment' ? this.#word(child) : literalWord(child.text),
    )
    const read = assignments.map(child => this.#assignment(child))
    this.#add(words, read, [])
  }

  #list(node: Node): void {
    const [left, , right] = node.children
    const isAnd = node.children[1]?.type === '&&'
    if (left) this.#statement(left)
    const otherwise = this.#directories
    if (isAnd) this.#directories = this.#onSuccess
    if (right) this.#statement(right)
    const success = this.#onSuccess
    this.#directories = union(otherwise, this.#directories)
    this.#onSuccess = isAnd ? success : this.#directories
  }

  #pipeline(node: Node): void {
    const upstream = this.#upstream
    const before = this.#found.length
    for (const stage of node.namedChildren) {
      const directories = this.#directories
      this.#upstream = [...upstream, ...this.#found.slice(before)]
      this.#statement(stage)
      this.#directories = directories
    }
    this.#upstream = upstream
    this.#onSuccess = this.#directories
  }

  /** A function that calls itself is run by nobody who means well: it stands as a command named `recursion`. */
  #function(node: Node): void {
    const name = node.namedChildren[0]?.text ?? ''
    const before = this.#found.length
    this.#inSubshell(() => {
      for (const child of node.namedChildren.slice(1)) this.#statement(child)
    })
    const recursive = this.#found.slice(before).some(({ words }) => words[0]?.text === name)
    if (recursive) this.#add([literalWord(RECURSION), literalWord(name)], [], [])
  }

  #changeDirectory([name, ...args]: readonly Word[]): void {
    this.#onSuccess = this.#directories
    const reached = name && reachedBy(name.text, args, this.#directories)
    if (!reached) return
    this.#onSuccess = reached
    this.#directories = union(this.#directories, this.#onSuccess)
  }
}
