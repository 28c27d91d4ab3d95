import { type ArgumentKind, actionTable, signatureOf, type Value } from './action-table.ts'

/** An argument of a call as it was written. */
export interface Given {
  readonly name?: string
  readonly value: Value
  readonly offset: number
}

type Fail = (offset: number, message: string) => Error

const buttons: readonly Value[] = ['left', 'middle', 'right']
const modifierKeys: readonly Value[] = ['Alt', 'Control', 'ControlOrMeta', 'Meta', 'Shift']
const isText = (value: Value): boolean => typeof value === 'string'
const isNumber = (value: Value): boolean => typeof value === 'number' && Number.isFinite(value)
const isListOf = (value: Value, isItem: (item: Value) => boolean): boolean =>
  Array.isArray(value) && value.every(isItem)

const kinds: Readonly<Record<ArgumentKind, { readonly said: string; readonly fits: (value: Value) => boolean }>> = {
  id: { said: "an id in quotes, as '12'", fits: value => isText(value) || Number.isInteger(value) },
  text: { said: 'a text in quotes', fits: isText },
  number: { said: 'a number', fits: isNumber },
  texts: { said: 'a text or a list of texts', fits: value => isText(value) || isListOf(value, isText) },
  button: { said: "'left', 'middle' or 'right'", fits: value => buttons.includes(value) },
  modifiers: {
    said: `a list of ${modifierKeys.join(', ')}`,
    fits: value => isListOf(value, item => modifierKeys.includes(item)),
  },
}

/** Finds a value of the right kind for each parameter of a function of the table. Throws what `fail` makes. */
export function bindArguments(
  name: string,
  given: readonly Given[],
  offset: number,
  fail: Fail,
): Readonly<Record<string, Value>> {
  const parameters = actionTable.get(name) ?? []
  const form = `It is ${signatureOf(name)}.`
  const found = new Map<string, Given>()
  for (const [index, argument] of given.entries()) {
    const isLate = argument.name === undefined && given.slice(0, index).some(other => other.name !== undefined)
    if (isLate) throw fail(argument.offset, `an argument without a name comes after one with a name. ${form}`)
    const parameter =
      argument.name === undefined ? parameters[index] : parameters.find(each => each.name === argument.name)
    if (parameter === undefined) {
      const what =
        argument.name === undefined ? `${name} has too many arguments.` : `${name} has no argument ${argument.name}.`
      throw fail(argument.offset, `${what} ${form}`)
    }
    if (found.has(parameter.name)) throw fail(argument.offset, `${parameter.name} is given twice. ${form}`)
    const { said, fits } = kinds[parameter.kind]
    if (!fits(argument.value)) throw fail(argument.offset, `${parameter.name} has to be ${said}. ${form}`)
    found.set(parameter.name, argument)
  }
  return Object.fromEntries(
    parameters.map(({ name: parameter, kind, standard }) => {
      const value = found.get(parameter)?.value ?? standard
      if (value === undefined) throw fail(offset, `${parameter} is missing. ${form}`)
      if (kind === 'id') return [parameter, String(value)]
      return [parameter, kind === 'texts' && !Array.isArray(value) ? [value] : value]
    }),
  )
}
