import { hash, randomUUID } from 'node:crypto'
import type { JsonObject } from './json.ts'

const remembered = 100_000

/** A fresh id in a provider's spelling: the prefix and 24 characters. */
export function freshId(prefix: string): string {
  return prefix + randomUUID().replaceAll('-', '').slice(0, 24)
}

/** The signature of a reasoning text: made for one model and one text, and good for no other. */
export function sealOf(model: string, text: string): string {
  return hash('sha256', `${model}\0${text}`, 'base64')
}

/** Opaque reasoning that a client can only give back: it tells its model and nothing else. */
export function opaqueSeal(model: string): string {
  const nonce = randomUUID()
  return Buffer.from(`${nonce}${sealOf(model, nonce)}`).toString('base64')
}

/** True when the opaque reasoning was handed out for this model. */
export function opensFor(model: string, seal: string): boolean {
  const plain = Buffer.from(seal, 'base64').toString('latin1')
  return plain.length > 36 && sealOf(model, plain.slice(0, 36)) === plain.slice(36)
}

/** An item of a stored response, and the reasoning item that must stand before it. */
export interface KeptItem {
  readonly item: JsonObject
  readonly model: string
  readonly reasoningId: string | undefined
}

/** What a provider remembers of its answers; the oldest are forgotten beyond 100,000. */
export class Memory {
  readonly #reasoning = new Map<string, true>()
  readonly #items = new Map<string, KeptItem>()

  /** Notes unsigned reasoning text, so that it can be told from another model's. */
  noteReasoning(model: string, text: string): void {
    keep(this.#reasoning, sealOf(model, text), true)
  }

  /** True when this model was heard to say this reasoning. */
  knowsReasoning(model: string, text: string): boolean {
    return this.#reasoning.has(sealOf(model, text))
  }

  /** Keeps an item of a response under its id. */
  keepItem(id: string, kept: KeptItem): void {
    keep(this.#items, id, kept)
  }

  /** The item of a stored response, if there is one of this id. */
  item(id: string): KeptItem | undefined {
    return this.#items.get(id)
  }
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value)
  if (map.size <= remembered) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
