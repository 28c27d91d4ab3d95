/** Thrown for a request that makes no sense; the caller is at fault, not the user. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

/** Reads the parameters of a request one by one. Every method throws `ProtocolError` where one is of another kind. */
export class Params {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: unknown) {
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      throw new ProtocolError('`params` is not an object')
    }
    // It was a plain object just now.
    this.#values = values as Record<string, unknown>
  }

  text(name: string): string {
    const value = this.#own(name)
    if (typeof value === 'string') return value
    throw new ProtocolError(`\`${name}\` is not a text`)
  }

  number(name: string): number {
    const value = this.#own(name)
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw new ProtocolError(`\`${name}\` is not a number`)
  }

  flag(name: string): boolean {
    const value = this.#own(name)
    if (typeof value === 'boolean') return value
    throw new ProtocolError(`\`${name}\` is neither true nor false`)
  }

  texts(name: string): string[] {
    const value = this.#own(name)
    if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value
    throw new ProtocolError(`\`${name}\` is not a list of texts`)
  }

  record(name: string): Record<string, string> {
    const entries = Object.entries(new Params(this.#own(name)).#values)
    return Object.fromEntries(
      entries.map(([key, value]) => {
        if (typeof value === 'string') return [key, value]
        throw new ProtocolError(`\`${name}.${key}\` is not a text`)
      }),
    )
  }

  inner(name: string): Params {
    return new Params(this.#own(name))
  }

  /** Two numbers, or nothing. */
  range(name: string): [number, number] | undefined {
    const value: unknown = this.#own(name)
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.length === 2) {
      const [first, last]: unknown[] = value
      if (typeof first === 'number' && typeof last === 'number') return [first, last]
    }
    throw new ProtocolError(`\`${name}\` is not a pair of numbers`)
  }

  #own(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined
  }
}
