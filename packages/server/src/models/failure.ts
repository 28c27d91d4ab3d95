import { ModelError, type ModelErrorKind } from '../core/ports.ts'

interface FailureOptions extends ErrorOptions {
  /** Overrides what the kind says about trying again. */
  readonly retryable?: boolean
  /** How long the provider asks to wait. */
  readonly retryAfterMs?: number | undefined
}

const retryableKinds = new Set<ModelErrorKind>(['rate_limit', 'overloaded', 'network', 'timeout', 'bad_response'])

/** A failed call of a provider: what core needs to know, and what only a retry needs. */
export class ProviderFailure extends ModelError {
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(kind: ModelErrorKind, message: string, options: FailureOptions = {}) {
    super(kind, message, options)
    this.retryable = options.retryable ?? retryableKinds.has(kind)
    this.retryAfterMs = options.retryAfterMs
  }
}
