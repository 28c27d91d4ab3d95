/** What checkpoints may cost. */
export interface CheckpointLimits {
  /** Files, links and empty folders of a workspace; one with more gets no checkpoints. */
  readonly entries: number
  /** Bytes of a file; longer ones are left out. */
  readonly fileBytes: number
  /** Bytes on disk of all checkpoints of a session, even while they are being packed. */
  readonly storeBytes: number
  /** Checkpoints that are kept; the oldest are dropped. */
  readonly count: number
  /** Milliseconds that taking one may last. */
  readonly takeMs: number
  /** Milliseconds after which a workspace that was too big is looked at again even if it seems unchanged. */
  readonly retryMs: number
  /** Packs that may lie beside each other before they are joined. */
  readonly packs: number
  /** Milliseconds without work after which packs are joined. */
  readonly idleMs: number
}

export const checkpointLimits: CheckpointLimits = {
  entries: 100_000,
  fileBytes: 2 * 1024 * 1024,
  storeBytes: 1024 ** 3,
  count: 200,
  takeMs: 20_000,
  retryMs: 10 * 60_000,
  packs: 50,
  idleMs: 5000,
}
