import type { JobList, JobOutput } from '@openhands/protocol'
import { request, requestJson } from './request.ts'

/** What commands have left running in the background. */
export interface JobCalls {
  list(signal: AbortSignal): Promise<JobList>
  /** What a job has printed; after the cursor of an earlier answer, where that still can be told. */
  output(job: number, from: string | undefined, signal: AbortSignal): Promise<JobOutput>
  /** Ends a job with everything that it started; resolves when it is gone. */
  kill(job: number): Promise<void>
}

/** What can be asked about a session's jobs. */
export function jobCalls(session: string): JobCalls {
  const path = `api/conversations/${session}/jobs`
  return {
    list: signal => requestJson(path, { signal }),
    output: (job, from, signal) => {
      const query = from === undefined ? '' : `?${new URLSearchParams({ from })}`
      return requestJson(`${path}/${job}/output${query}`, { signal })
    },
    kill: async job => {
      await request(`${path}/${job}`, { method: 'DELETE' })
    },
  }
}
