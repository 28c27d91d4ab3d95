import type { JobInfo } from '@openhands/protocol'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type JSX, useState } from 'react'
import type { JobCalls } from '../../api/jobs.ts'
import { problemOf } from '../../store/problem.ts'
import { live, text } from '../../text.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { ClippedText } from '../../ui/clipped-text.tsx'
import { duration } from '../../ui/format.ts'
import { plainOutput } from '../../ui/plain-output.ts'
import { JobPrint } from './job-print.tsx'

interface JobRowProps {
  readonly session: string
  readonly calls: JobCalls
  readonly job: JobInfo
}

/** One job: what it is, what it prints, and its end. */
export function JobRow({ session, calls, job }: JobRowProps): JSX.Element {
  const [open, setOpen] = useState(false)
  return (
    <li className="flex flex-col gap-1.5 px-3 py-2.5">
      <ClippedText text={plainOutput(job.command)} lines={3} />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
        <Badge tone={job.alive ? 'accent' : 'plain'}>{job.alive ? live.jobs.running : live.jobs.ended}</Badge>
        {job.alive && <span className="tabular-nums">{live.jobs.since(duration(job.age_ms))}</span>}
        {job.pids.length > 0 && <span className="tabular-nums">{live.jobs.pids(job.pids.slice(0, 5).join(', '))}</span>}
        <span className="ml-auto flex gap-1.5">
          <Button small kind="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? live.jobs.hideOutput : live.jobs.output}
          </Button>
          {job.alive && <EndButton session={session} calls={calls} job={job} />}
        </span>
      </div>
      {open && <JobPrint session={session} calls={calls} job={job} />}
    </li>
  )
}

/** Ends a job, once somebody has said so twice. */
function EndButton({ session, calls, job }: JobRowProps): JSX.Element {
  const queries = useQueryClient()
  const [isAsked, setAsked] = useState(false)
  const killing = useMutation({
    mutationFn: () => calls.kill(job.id),
    onSettled: () => queries.invalidateQueries({ queryKey: [session, 'jobs'] }),
  })
  const problem = problemOf(killing.error)
  if (!isAsked) {
    return (
      <Button small kind="danger" icon="stop" onClick={() => setAsked(true)}>
        {live.jobs.kill}
      </Button>
    )
  }
  return (
    <span className="flex flex-wrap items-center gap-1.5 text-ink">
      <span role={problem === undefined ? 'status' : 'alert'}>{problem ?? live.jobs.sure}</span>
      <Button small kind="danger" icon="stop" autoFocus disabled={killing.isPending} onClick={() => killing.mutate()}>
        {killing.isPending ? live.jobs.killing : live.jobs.kill}
      </Button>
      <Button small onClick={() => setAsked(false)}>
        {text.common.cancel}
      </Button>
    </span>
  )
}
