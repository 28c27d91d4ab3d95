import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DialectName, Outcome, RecordedRequest } from './request.ts'
import type { Refusal } from './strict.ts'
import type { Usage } from './usage.ts'

/** One request on its way through the server; tests see it as a RecordedRequest. */
export class Exchange implements RecordedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly arrivedAt = performance.now()
  readonly closed: Promise<void>
  dialect: DialectName | undefined
  bytes = 0
  body: unknown
  model: string | undefined
  outcome: Outcome = { kind: 'pending' }
  usage: Usage | undefined
  endedAt: number | undefined

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.method = request.method ?? ''
    this.path = request.url ?? ''
    this.headers = request.headers
    this.closed = new Promise(resolve => {
      response.once('close', () => {
        this.endedAt = performance.now()
        if (this.outcome.kind === 'pending') {
          this.outcome = response.writableFinished
            ? { kind: 'served', status: response.statusCode }
            : { kind: 'aborted' }
        }
        resolve()
      })
    })
  }

  refuse({ rule, failure }: Refusal): void {
    this.outcome = { kind: 'refused', status: failure.status, rule, reason: failure.message }
  }

  /** What a test should be told about this request, if anything about it was wrong. */
  complaint(at: number): string | undefined {
    const name = `request ${at + 1} (${this.dialect ?? this.path})`
    if (this.outcome.kind === 'refused') return `${name}: ${this.outcome.rule}: ${this.outcome.reason}`
    return this.outcome.kind === 'failed' ? `${name}: script failed: ${this.outcome.reason}` : undefined
  }
}
