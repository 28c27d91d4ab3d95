import { type JsonObject, objects, str } from './json.ts'

/** The kind of an input item; a message may leave it out. */
export function kindOf(item: JsonObject): string {
  if (typeof item['type'] === 'string') return item['type']
  return typeof item['role'] === 'string' ? 'message' : ''
}

/** The items of a request, a plain string being a message of the user; references become what they refer to. */
export function itemsOf(body: JsonObject, kept: (id: string) => JsonObject | undefined): readonly JsonObject[] {
  const input = body['input']
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }]
  return objects(input).map(item => (item['type'] === 'item_reference' ? (kept(str(item['id'])) ?? item) : item))
}
