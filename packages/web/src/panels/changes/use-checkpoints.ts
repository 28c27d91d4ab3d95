import { type CheckpointList, checkpointLabel } from '@openhands/protocol'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { ChangeCalls } from '../../api/changes.ts'
import { useConversation } from '../../store/use-conversation.ts'

/** The checkpoints that are kept, called after what followed them as far as the log knows it now. */
export function useCheckpoints(
  session: string,
  calls: ChangeCalls,
): Pick<UseQueryResult<CheckpointList>, 'data' | 'error' | 'refetch'> {
  const notes = useConversation(view => view.state.checkpoints)
  const { data, error, refetch } = useQuery({
    queryKey: [session, 'changes', 'checkpoints'],
    queryFn: ({ signal }) => calls.checkpoints(signal),
  })
  const labelled = useMemo(
    () =>
      data && {
        ...data,
        checkpoints: data.checkpoints.map(each => ({ ...each, label: checkpointLabel(notes, each) })),
      },
    [data, notes],
  )
  return { data: labelled, error, refetch }
}
