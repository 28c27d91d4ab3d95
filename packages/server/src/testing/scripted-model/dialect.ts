import type { IncomingHttpHeaders } from 'node:http'
import type { FoundImage } from './image.ts'
import type { JsonObject } from './json.ts'
import type { Memory } from './memory.ts'
import type { DialectName, RequestParts } from './request.ts'
import type { Failure, Part, Stop } from './script.ts'
import type { Check, RuleName } from './strict.ts'
import type { Usage } from './usage.ts'

/** Where a request goes, as its path and body say. */
export interface Route {
  readonly dialect: DialectName
  /** The model where the path names it. */
  readonly model?: string
  /** True or false where the path says whether to stream; the body says it otherwise. */
  readonly stream?: boolean
}

/** What an answer is made of, once the script has spoken. */
export interface Answer {
  readonly model: string
  readonly parts: readonly Part[]
  readonly stop: Stop
  readonly usage: Usage
  /** US dollars, where prices are configured. */
  readonly cost: number | undefined
  readonly request: JsonObject
  readonly memory: Memory
}

/** A streamed answer as ready-made events: what it says, how it finishes, and the mark that ends the stream. */
export interface EventStreamText {
  readonly content: readonly string[]
  readonly finish: readonly string[]
  readonly done: readonly string[]
}

/** How one provider is spoken to; implementations keep nothing between requests. */
export interface Dialect {
  readonly name: DialectName
  /** The checks in the order in which they run. */
  readonly checks: ReadonlyMap<RuleName, Check>
  key(headers: IncomingHttpHeaders): string | undefined
  /** What the provider says to a missing key (undefined) or a wrong one. */
  wrongKey(key: string | undefined): Failure
  unknownModel(model: string): Failure
  read(body: JsonObject, memory: Memory): RequestParts
  images(body: JsonObject): readonly FoundImage[]
  error(failure: Failure): JsonObject
  errorEvent(failure: Failure): string
  whole(answer: Answer): JsonObject
  events(answer: Answer): EventStreamText
}

/** The checks of a dialect as a map in the order of their definition. */
export function checkMap(checks: Readonly<Partial<Record<RuleName, Check>>>): ReadonlyMap<RuleName, Check> {
  // Object.entries widens the keys to string; they are rule names by the parameter's type.
  return new Map(Object.entries(checks) as [RuleName, Check][])
}

/** The key of an `Authorization: Bearer` header. */
export function bearerKey(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
}

/** A server-sent event of a named type, as Anthropic and the Responses API write it. */
export function namedEvent(type: string, data: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
}

/** A server-sent event without a name. */
export function dataEvent(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

/** The provider's name for a status, from its table, or what it calls everything else. */
export function typeFor(status: number, types: ReadonlyMap<number, string>, otherwise: string): string {
  return types.get(status) ?? otherwise
}
