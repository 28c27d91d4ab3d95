/** What an argument of a call may be. An `id` is that of an element in the last tree; a number is taken for its text. */
export type ArgumentKind = 'id' | 'text' | 'number' | 'texts' | 'button' | 'modifiers'

/** A value as the language of calls has it. */
export type Value = string | number | boolean | null | readonly Value[]

/** A parameter of a function; without a `standard` it has to be given. */
export interface Parameter {
  readonly name: string
  readonly kind: ArgumentKind
  readonly standard?: Value
}

const id = (name = 'bid'): Parameter => ({ name, kind: 'id' })
const text = (name: string): Parameter => ({ name, kind: 'text' })
const number = (name: string): Parameter => ({ name, kind: 'number' })
const texts = (name: string): Parameter => ({ name, kind: 'texts' })
const clicking: readonly Parameter[] = [
  id(),
  { name: 'button', kind: 'button', standard: 'left' },
  { name: 'modifiers', kind: 'modifiers', standard: [] },
]

/** The functions of the language and their parameters in order: the fifteen of wire A8.2, and three for tabs. */
export const actionTable: ReadonlyMap<string, readonly Parameter[]> = new Map([
  ['goto', [text('url')]],
  ['go_back', []],
  ['go_forward', []],
  ['noop', [{ name: 'wait_ms', kind: 'number', standard: 1000 }]],
  ['scroll', [number('delta_x'), number('delta_y')]],
  ['fill', [id(), text('value')]],
  ['select_option', [id(), texts('options')]],
  ['click', clicking],
  ['dblclick', clicking],
  ['hover', [id()]],
  ['press', [id(), text('key_comb')]],
  ['focus', [id()]],
  ['clear', [id()]],
  ['drag_and_drop', [id('from_bid'), id('to_bid')]],
  ['upload_file', [id(), texts('file')]],
  ['new_tab', []],
  ['tab_close', []],
  ['tab_focus', [number('index')]],
])

/** A function as it is written, with the names and standards of its parameters. */
export function signatureOf(name: string): string {
  const parameters = actionTable.get(name) ?? []
  const written = parameters.map(each =>
    each.standard === undefined ? each.name : `${each.name}=${JSON.stringify(each.standard).replaceAll('"', "'")}`,
  )
  return `${name}(${written.join(', ')})`
}
