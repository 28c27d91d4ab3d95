import type { JobInfo, JobOutput } from '@openhands/protocol'
import { useQuery } from '@tanstack/react-query'
import { type JSX, useRef } from 'react'
import type { JobCalls } from '../../api/jobs.ts'
import { problemOf } from '../../store/problem.ts'
import { live, text } from '../../text.ts'
import { plainOutput } from '../../ui/plain-output.ts'
import { joined, nothingPrinted } from './printed.ts'

const EVERY_MS = 1_500

interface JobPrintProps {
  readonly session: string
  readonly calls: JobCalls
  readonly job: JobInfo
}

/** What a job has printed, its end first seen, followed while it runs. */
export function JobPrint({ session, calls, job }: JobPrintProps): JSX.Element {
  const printed = useRef(nothingPrinted)
  const { data, error } = useQuery({
    queryKey: [session, 'jobs', job.id, 'output'],
    queryFn: async ({ signal }) => {
      const answer: JobOutput = await calls.output(job.id, printed.current.cursor, signal)
      printed.current = joined(printed.current, answer)
      return printed.current
    },
    refetchInterval: job.alive ? EVERY_MS : false,
    gcTime: 0,
  })
  const problem = problemOf(error)
  if (problem !== undefined) return <p className="text-xs text-bad">{problem}</p>
  if (!data) return <p className="breathing text-xs text-muted">{text.common.loading}</p>
  const shown = plainOutput(data.text).trimEnd()
  if (shown === '') return <p className="text-xs text-muted">{live.jobs.noOutput}</p>
  return (
    <div className="rounded-lg bg-sunken px-2.5 py-2">
      {data.isCut && <p className="pb-1 text-xs text-muted">{live.jobs.earlier}</p>}
      {/* The end is at the top of what scrolls from below: it stays in sight while more comes. */}
      <div
        role="log"
        aria-label={live.jobs.output}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard
        tabIndex={0}
        className="quiet-scroll flex max-h-72 flex-col-reverse"
      >
        <pre className="font-mono text-[0.8125rem] leading-relaxed break-words whitespace-pre-wrap">{shown}</pre>
      </div>
    </div>
  )
}
