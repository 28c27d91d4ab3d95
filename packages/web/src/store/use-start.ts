import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { SandboxCalls } from '../api/sandbox.ts'
import { problemOf } from './problem.ts'

/** Starting a session's sandbox by hand. */
export interface StartView {
  readonly starting: boolean
  /** Why it could not be started. */
  readonly problem: string | undefined
  readonly onStart: () => void
}

/** Offers to start the sandbox of a session; everything that was asked about the session is then asked again. */
export function useStart(session: string, calls: SandboxCalls): StartView {
  const queries = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => calls.start(),
    onSuccess: () => queries.invalidateQueries({ queryKey: [session] }),
  })
  return { starting: isPending, problem: problemOf(error), onStart: () => mutate() }
}
