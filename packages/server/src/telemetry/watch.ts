import type { Conversation, Event, SessionId } from '@openhands/protocol'

/** Ends the timing of something, with a word of a closed set for how it went; called once. */
export type End = (outcome: string) => void

/** A request as the router sees it; nothing that a client chose but a known session's id. */
export interface SeenRequest {
  readonly method: string
  /** The pattern of its route; undefined where there is none. */
  readonly route: string | undefined
  readonly session: SessionId | undefined
}

/** Told of what happens, to count and to time it. Nothing here may throw, wait, or keep hold of contents. */
export interface Watch {
  /** What a session has kept. */
  kept(session: SessionId, events: readonly Event[], state: Conversation): void
  /** A model is asked. Outcomes: `ok`, the kind of its failure, `aborted`. */
  modelCall(session: SessionId, model: string): End
  /** A model will be asked again, because of that kind of failure. */
  modelRetry(kind: string): void
  /** A sandbox is started. Outcomes: `ok`, `failed`, `aborted`. */
  sandboxStart(session: SessionId): End
  /** A request has come. Outcomes: its status, or `aborted`. */
  request(request: SeenRequest): End
}

/** Several that are told the same, in this order. */
export function all(watches: readonly Watch[]): Watch {
  const [only, ...more] = watches
  if (only !== undefined && more.length === 0) return only
  const endAll =
    (ends: readonly End[]): End =>
    outcome => {
      for (const end of ends) end(outcome)
    }
  return {
    kept: (session, events, state) => {
      for (const watch of watches) watch.kept(session, events, state)
    },
    modelCall: (session, model) => endAll(watches.map(watch => watch.modelCall(session, model))),
    modelRetry: kind => {
      for (const watch of watches) watch.modelRetry(kind)
    },
    sandboxStart: session => endAll(watches.map(watch => watch.sandboxStart(session))),
    request: seen => endAll(watches.map(watch => watch.request(seen))),
  }
}
