/** A request that is not let through: what the client is answered and the user reads. */
export class Denial extends Error {
  override readonly name = 'Denial'
  /** 403: refused. 502: allowed, but it cannot be had. 400: not a request that a proxy can carry out. */
  readonly status: 400 | 403 | 502
  /** `host:port`, or what was written instead. */
  readonly target: string

  /** `why` and `remedy` are sentences' parts without their full stop; both go to the sandbox. */
  constructor(status: 400 | 403 | 502, target: string, why: string, remedy = '') {
    const what = status === 502 ? 'failed' : 'was refused'
    super(`Network access to ${target} ${what}: ${why}.${remedy === '' ? '' : ` ${remedy}.`}`)
    this.status = status
    this.target = target
  }
}

/** How the operator allows what an entry of the allow-list names. */
export function remedyFor(entry: string): string {
  return `To allow it, start the server with --egress-allow ${entry} or add it to EGRESS_ALLOW`
}
