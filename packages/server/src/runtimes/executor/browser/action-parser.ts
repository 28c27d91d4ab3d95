import { ActionSyntaxError, errorAt } from './action-error.ts'
import { type Token, tokensOf } from './action-lexer.ts'
import { actionTable, signatureOf, type Value } from './action-table.ts'
import { bindArguments, type Given } from './bind-arguments.ts'

/** One call of a function of the table, with a value for each of its parameters. */
export interface ActionCall {
  readonly name: string
  readonly values: Readonly<Record<string, Value>>
  /** As it was written. */
  readonly source: string
}

/** Most that one piece of code may have, in UTF-16 units, calls, and lists in lists. */
const codeLimit = 200_000
const callLimit = 100
const depthLimit = 8

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['True', true],
  ['False', false],
  ['None', null],
  ['true', true],
  ['false', false],
  ['null', null],
])

/**
 * Reads a sequence of calls such as `fill('12', "text")`, in the syntax of Python: positional and named arguments, texts,
 * numbers, lists and constants, comments; one call per line or parted by semicolons. Nothing is evaluated. Throws
 * `ActionSyntaxError`.
 */
export function parseActions(code: string): ActionCall[] {
  if (code.length > codeLimit) throw new ActionSyntaxError(`The code is longer than ${codeLimit} characters.`)
  const calls = new Parser(code).calls()
  if (calls.length === 0) throw new ActionSyntaxError(`There is no call in the code. ${known()}`)
  return calls
}

class Parser {
  readonly #code: string
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(code: string) {
    this.#code = code
    this.#tokens = tokensOf(code)
  }

  calls(): ActionCall[] {
    const calls: ActionCall[] = []
    while (this.#at < this.#tokens.length) {
      if (this.#peek().kind === 'end') this.#at++
      else calls.push(this.#call())
      if (calls.length > callLimit) throw new ActionSyntaxError(`More than ${callLimit} calls at once.`)
    }
    return calls
  }

  #call(): ActionCall {
    const first = this.#next()
    if (first.kind !== 'name') throw this.#error(first, `expected a call, found ${shown(first)}.`)
    const { text: name, offset } = first
    if (!actionTable.has(name)) throw this.#error(first, `there is no function ${name}. ${known()}`)
    if (!this.#take('(')) throw this.#error(this.#peek(), `expected "(" after ${name}. It is ${signatureOf(name)}.`)
    const given: Given[] = []
    while (!this.#take(')')) {
      if (given.length > 0 && !this.#take(',')) throw this.#expected('"," or ")"', name)
      if (given.length > 0 && this.#take(')')) break
      given.push(this.#argument(name))
    }
    const last = this.#tokens[this.#at - 1] ?? first
    const after = this.#peek()
    if (after.kind !== 'end') throw this.#error(after, `expected the end of the call, found ${shown(after)}.`)
    const fail = (at: number, message: string): Error => errorAt(this.#code, at, message)
    return {
      name,
      values: bindArguments(name, given, offset, fail),
      source: this.#code.slice(offset, last.offset + 1),
    }
  }

  #argument(call: string): Given {
    const token = this.#peek()
    const after = this.#tokens[this.#at + 1]
    if (token.kind !== 'name' || after?.kind !== 'mark' || after.text !== '=')
      return { value: this.#value(call, 0), offset: token.offset }
    this.#at += 2
    return { name: token.text, value: this.#value(call, 0), offset: token.offset }
  }

  #value(call: string, depth: number): Value {
    const token = this.#next()
    if (token.kind === 'text') return this.#joined(token.text)
    if (token.kind === 'number') return token.value
    if (token.kind === 'name' && constants.has(token.text)) return constants.get(token.text) ?? null
    if (token.kind === 'mark' && (token.text === '-' || token.text === '+')) {
      const digits = this.#next()
      if (digits.kind === 'number') return token.text === '-' ? -digits.value : digits.value
    }
    if (token.kind === 'mark' && token.text === '[' && depth < depthLimit) return this.#list(call, depth + 1)
    throw this.#error(token, `expected a text, a number or a list, found ${shown(token)}. It is ${signatureOf(call)}.`)
  }

  /** Texts that follow each other are one. */
  #joined(first: string): string {
    let text = first
    for (let token = this.#peek(); token.kind === 'text'; token = this.#peek()) {
      text += token.text
      this.#at++
    }
    return text
  }

  #list(call: string, depth: number): Value[] {
    const values: Value[] = []
    while (!this.#take(']')) {
      if (values.length > 0 && !this.#take(',')) throw this.#expected('"," or "]"', call)
      if (values.length > 0 && this.#take(']')) break
      values.push(this.#value(call, depth))
    }
    return values
  }

  #take(mark: string): boolean {
    const token = this.#peek()
    const isIt = token.kind === 'mark' && token.text === mark
    if (isIt) this.#at++
    return isIt
  }

  #next(): Token {
    const token = this.#peek()
    this.#at++
    return token
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', offset: this.#code.length }
  }

  #expected(what: string, call: string): Error {
    const token = this.#peek()
    return this.#error(token, `expected ${what}, found ${shown(token)}. It is ${signatureOf(call)}.`)
  }

  #error(token: Token, message: string): Error {
    return errorAt(this.#code, token.offset, message)
  }
}

function shown(token: Token): string {
  if (token.kind === 'end') return 'the end of the line'
  if (token.kind === 'number') return String(token.value)
  if (token.kind === 'text') return 'a text'
  return token.kind === 'mark' ? `"${token.text}"` : `the name ${token.text.slice(0, 100)}`
}

function known(): string {
  return `The functions are: ${[...actionTable.keys()].map(signatureOf).join(', ')}.`
}
