import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { SandboxCalls } from '../api/sandbox.ts'
import { problemOf } from './problem.ts'

/** A session's sandbox, as far as a panel needs to know. */
export interface SandboxView {
  /** Undefined until it is known. */
  readonly running: boolean | undefined
  readonly starting: boolean
  /** Why it could not be looked at, or not be started. */
  readonly problem: string | undefined
  /** Starts it; everything that was asked about the session is then asked again. */
  readonly start: () => void
}

/** Looked at again so often while somebody sees the page. */
const EVERY_MS = 4_000

/** Follows whether the sandbox of a session runs. What a panel asks about the session has `[session, …]` as its key. */
export function useSandbox(session: string, calls: SandboxCalls): SandboxView {
  const queries = useQueryClient()
  const look = useQuery({
    queryKey: [session, 'sandbox'],
    queryFn: ({ signal }) => calls.look(signal),
    refetchInterval: EVERY_MS,
  })
  const starting = useMutation({
    mutationFn: () => calls.start(),
    onSuccess: info => {
      queries.setQueryData([session, 'sandbox'], info)
      return queries.invalidateQueries({ queryKey: [session] })
    },
  })
  return {
    running: look.data?.running,
    starting: starting.isPending,
    problem: problemOf(starting.error) ?? (look.data ? undefined : problemOf(look.error)),
    start: () => starting.mutate(),
  }
}
