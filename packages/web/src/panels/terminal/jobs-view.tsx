import type { JobInfo } from '@openhands/protocol'
import type { JSX } from 'react'
import type { JobCalls } from '../../api/jobs.ts'
import { live } from '../../text.ts'
import { Empty } from '../../ui/empty.tsx'
import { JobRow } from './job-row.tsx'

interface JobsViewProps {
  readonly session: string
  readonly calls: JobCalls
  readonly list: readonly JobInfo[]
}

/** What commands have left running, newest first, with what it prints. */
export function JobsView({ session, calls, list }: JobsViewProps): JSX.Element {
  if (list.length === 0) return <Empty icon="clock">{live.jobs.empty}</Empty>
  return (
    <ul aria-label={live.jobs.list} className="quiet-scroll min-h-0 flex-1 divide-y divide-line">
      {list.toReversed().map(job => (
        <JobRow key={job.id} session={session} calls={calls} job={job} />
      ))}
    </ul>
  )
}
