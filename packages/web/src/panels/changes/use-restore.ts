import type { Restored } from '@openhands/protocol'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ChangeCalls } from '../../api/changes.ts'
import { problemOf } from '../../store/problem.ts'

/** Going back to a checkpoint. */
export interface Restoring {
  readonly isPending: boolean
  readonly problem: string | undefined
  /** What came of the last time. */
  readonly done: Restored | undefined
  /** Calls back once it has worked. */
  readonly go: (checkpoint: string, onDone: () => void) => void
  /** Forgets what came of it. */
  readonly forget: () => void
}

/** Brings the workspace back to a checkpoint, and asks anew for what is known of it. */
export function useRestore(session: string, calls: ChangeCalls): Restoring {
  const queries = useQueryClient()
  const { mutate, isPending, error, data, reset } = useMutation({
    mutationFn: (checkpoint: string) => calls.restore(checkpoint),
    onSuccess: () => queries.invalidateQueries({ queryKey: [session] }),
  })
  return {
    isPending,
    problem: problemOf(error),
    done: data,
    go: (checkpoint, onDone) => mutate(checkpoint, { onSuccess: onDone }),
    forget: reset,
  }
}
