import fc from 'fast-check'

/** The part of JSON Schema that the documents of this server use. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

/** Values that fit a schema. */
export function fitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return fc.oneof(...choices.map(fitting))
  if (schema.allOf !== undefined) return fc.tuple(...schema.allOf.map(fitting)).map(merge)
  const types = schema.type === undefined ? [] : [schema.type].flat()
  if (types.length === 0) return fc.jsonValue({ maxDepth: 2 })
  return fc.oneof(...types.map(type => ofType(type, schema)))
}

/** Values that nearly fit: one field away, of another type, or beyond a limit. */
export function nearlyFitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc.tuple(fitting(schema), fc.nat(), hostile).map(([value, where, wrong]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong
    const names = [...new Set([...Object.keys(value), ...Object.keys(schema.properties ?? {})])]
    const name = names[where % Math.max(1, names.length)]
    if (name === undefined) return { ...value, more: wrong }
    if (where % 3 === 0) return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))
    return { ...value, [name]: wrong }
  })
}

/** Texts that have broken programs. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '.',
    '..',
    '../../../../etc/passwd',
    '/etc/shadow',
    '~',
    '-rf',
    'a\r\nX-Injected: 1',
    '\ud800',
    '\u202e\u0000\uffff',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'null',
    'undefined',
    'NaN',
    '-0',
    '1e999',
    '99999999999999999999',
    '%00',
    '%zz',
    '$(reboot)',
    "'; DROP TABLE events; --",
    '<script>alert(1)</script>',
    '{"a":',
    'x'.repeat(101),
    'é'.repeat(5000),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

/** Values that have broken programs. */
export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom(null, true, 0, -1, 1.5, 2 ** 53, -(2 ** 63), 1e308, [], {}, [[[[[[[[]]]]]]]], { length: -1 }),
  fc.constant(JSON.parse('{"__proto__":{"polluted":true},"toString":1}')),
  fc.jsonValue({ maxDepth: 3 }),
)

function ofType(type: string, schema: JsonSchema): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return fc.integer({ min: bound(schema, 'least'), max: bound(schema, 'most') })
    case 'number':
      return fc.double({ min: bound(schema, 'least'), max: bound(schema, 'most'), noNaN: true })
    case 'array':
      return list(schema)
    case 'object':
      return record(schema)
    default:
      return text(schema)
  }
}

function bound(schema: JsonSchema, end: 'least' | 'most'): number {
  if (end === 'least') return Math.max(schema.minimum ?? (schema.exclusiveMinimum ?? -1_000_001) + 1, -(2 ** 31))
  return Math.min(schema.maximum ?? (schema.exclusiveMaximum ?? 1_000_001) - 1, 2 ** 31 - 1)
}

function text({ pattern, minLength = 0, maxLength = minLength + 30 }: JsonSchema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 30) })
}

function list({ items = {}, prefixItems, minItems = 0, maxItems = minItems + 3 }: JsonSchema): fc.Arbitrary<unknown> {
  if (prefixItems !== undefined) return fc.tuple(...prefixItems.map(fitting))
  return fc.array(fitting(items), { minLength: minItems, maxLength: Math.min(maxItems, minItems + 3) })
}

function record({ properties = {}, required = [], additionalProperties }: JsonSchema): fc.Arbitrary<object> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, fitting(schema)]))
  const named = fc.record(fields, { requiredKeys: required.filter(name => Object.hasOwn(fields, name)) })
  if (typeof additionalProperties !== 'object') return named
  const others = fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fitting(additionalProperties), { maxKeys: 2 })
  return fc.tuple(others, named).map(merge)
}

function merge(parts: readonly unknown[]): object {
  return Object.assign({}, ...parts)
}
