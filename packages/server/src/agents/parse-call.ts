import { nearest } from '@openhands/protocol'
import { messageOf } from '../lib/errors.ts'
import { cutEnd } from './clean-text.ts'
import { findTool, type Tool, toolSpecs, type Understood } from './tools.ts'

/** Longest arguments of a call, in characters. */
const MAX_ARGUMENTS = 1_000_000

/** Understands one call of a model, or says what is wrong with it in words that the model can act on (P15). Total. */
export function parseCall(name: string, written: string): Understood {
  const tool = findTool(name)
  if (!tool) return fault(unknownTool(name))
  if (written.length > MAX_ARGUMENTS) {
    const size = `The arguments of ${name} are ${written.length} characters long; at most ${MAX_ARGUMENTS} are taken.`
    return fault(`${size} Do it in several smaller calls.`)
  }
  const args = readObject(written)
  if (typeof args === 'string') return fault(`The arguments of ${name} are not a JSON object: ${args}`)
  const understood = tool.read(args)
  return understood.ok ? understood : fault(`Wrong arguments for ${name}: ${understood.fault} ${usage(tool)}`)
}

/** The object that arguments spell, or why they spell none. One that was encoded twice is taken; null means absent. */
function readObject(written: string): Record<string, unknown> | string {
  if (written.trim() === '') return {}
  try {
    const once = parseJson(written)
    const value = typeof once === 'string' ? parseJson(once) : once
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `they are ${value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`}.`
    return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null))
  } catch (error) {
    return `${cutEnd(messageOf(error), 300)}.`
  }
}

/** Parses JSON; halves of characters in its texts are replaced, so that what is shown is what is carried out. */
function parseJson(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value))
}

function unknownTool(name: string): string {
  const names = toolSpecs.map(spec => spec.name)
  const near = nearest(name.slice(0, 100), names)
  const meant = near ? ` Did you mean ${near}?` : ''
  return `There is no tool named "${cutEnd(name, 100)}".${meant} The tools are: ${names.join(', ')}.`
}

function usage({ spec }: Tool): string {
  const { properties = {}, required } = spec.parameters as ObjectSchema // the JSON Schema of an object is built this way
  const names = Object.entries(properties).map(([name, { items }]) => {
    const notes = [...(required?.includes(name) ? ['required'] : []), ...(items?.properties ? [listOf(items)] : [])]
    return notes.length > 0 ? `${name} (${notes.join('; ')})` : name
  })
  return `${spec.name} takes ${names.join(', ')}.`
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly items?: ObjectSchema }>>
  readonly required?: readonly string[]
}

function listOf({ properties = {} }: ObjectSchema): string {
  return `a list of { ${Object.keys(properties).join(', ')} }`
}

function fault(text: string): Understood {
  return { ok: false, fault: text }
}
