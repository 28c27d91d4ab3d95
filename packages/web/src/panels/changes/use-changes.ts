import type { ChangeInfo, Changes } from '@openhands/protocol'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { ChangeCalls } from '../../api/changes.ts'
import { problemOf } from '../../store/problem.ts'

/** What differs, as far as it has been loaded. */
export interface ChangesView {
  /** Undefined until it is known. */
  readonly state: Changes['state'] | undefined
  readonly branch: string
  readonly files: readonly ChangeInfo[]
  /** There are others, which `loadMore` brings. */
  readonly hasMore: boolean
  readonly isLoading: boolean
  readonly problem: string | undefined
  readonly loadMore: () => void
  readonly retry: () => void
}

const none: readonly ChangeInfo[] = []

/** Asks what differs, page by page. */
export function useChanges(session: string, calls: ChangeCalls, against: string): ChangesView {
  const asked = useInfiniteQuery({
    queryKey: [session, 'changes', 'list', against],
    queryFn: ({ pageParam, signal }) => calls.list(against, pageParam, signal),
    initialPageParam: 0,
    getNextPageParam: page => page.next,
    // One look at a big repository is enough: what changes is told.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: 'always',
  })
  const { data, error, fetchNextPage, refetch } = asked
  const files = useMemo(() => data?.pages.flatMap(page => page.changes) ?? none, [data])
  const first = data?.pages[0]
  return {
    state: first?.state,
    branch: first?.branch ?? '',
    files,
    hasMore: asked.hasNextPage,
    isLoading: asked.isFetching,
    problem: problemOf(error),
    loadMore: () => {
      fetchNextPage().catch(() => undefined) // shown as `problem`
    },
    retry: () => {
      refetch().catch(() => undefined) // as above
    },
  }
}
