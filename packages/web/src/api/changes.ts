import type { Changes, CheckpointList, FileDiff, Restored } from '@openhands/protocol'
import { requestJson } from './request.ts'

/** A file of a list of changes; `from` is its old name, where it was renamed. */
export interface Compared {
  readonly path: string
  readonly from?: string | undefined
}

/** What a session's workspace differs by, and the ways back. `against` is `head`, `start` or the id of a checkpoint. */
export interface ChangeCalls {
  list(against: string, offset: number, signal: AbortSignal): Promise<Changes>
  diff(file: Compared, against: string, signal: AbortSignal): Promise<FileDiff>
  checkpoints(signal: AbortSignal): Promise<CheckpointList>
  /** Rejects with the server's reason while the agent is at work. */
  restore(checkpoint: string): Promise<Restored>
}

/** The calls about the changes of one session. */
export function changeCalls(session: string): ChangeCalls {
  const root = `api/conversations/${session}`
  return {
    list: (against, offset, signal) =>
      requestJson(`${root}/git/changes?${new URLSearchParams({ against, offset: String(offset) })}`, { signal }),
    diff: ({ path, from }, against, signal) => {
      const asked = new URLSearchParams({ path, against, ...(from === undefined ? {} : { from }) })
      return requestJson(`${root}/git/diff?${asked}`, { signal })
    },
    checkpoints: signal => requestJson(`${root}/checkpoints`, { signal }),
    restore: id => requestJson(`${root}/checkpoints/${encodeURIComponent(id)}/restore`, { method: 'POST' }),
  }
}
