/** A door in an answer that a test opens; `reached` tells the test that an answer stands before it. */
export interface Gate {
  readonly opened: Promise<void>
  readonly reached: Promise<void>
  open(): void
  /** Called by the server when an answer arrives at the gate. */
  arrive(): void
}

/** A closed gate; opening it lets every answer through that waits there or arrives later. */
export function newGate(): Gate {
  const opened = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  return {
    opened: opened.promise,
    reached: reached.promise,
    open: () => opened.resolve(),
    arrive: () => reached.resolve(),
  }
}

/** A gate that opens when the promise settles, however it settles. */
export function gateOf(promise: PromiseLike<unknown>): Gate {
  const gate = newGate()
  Promise.resolve(promise).then(gate.open, gate.open)
  return gate
}
