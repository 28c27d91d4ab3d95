import { createHash } from 'node:crypto'
import { ApiFailure, Done, JobList, JobOutput, JobOutputQuery, JobParams } from '@openhands/protocol'
import type { Job } from '../core/ports.ts'
import type { Routes } from './door-parts.ts'
import { routesWithDetails } from './route-errors.ts'
import { contract, noSession, pathOf, queryOf, SessionPath } from './route-schema.ts'
import { looking, refused } from './sandbox-scope.ts'

const list = contract({
  summary: 'Lists what commands have left running in the background',
  tags: ['jobs'],
  params: SessionPath,
  response: { 200: JobList, 404: noSession },
})
const output = contract({
  summary: 'Tells what a job has printed, from a cursor on',
  tags: ['jobs'],
  params: SessionPath.extend(JobParams.shape),
  querystring: JobOutputQuery,
  response: { 200: JobOutput, 404: ApiFailure },
})
const kill = contract({
  summary: 'Ends a job with everything that it started',
  tags: ['jobs'],
  params: SessionPath.extend(JobParams.shape),
  response: { 200: Done, 404: ApiFailure },
})

/** `…/jobs`: what runs in the background of a session's sandbox. */
export const jobRoutes: Routes = (app, parts) => {
  routesWithDetails(app, parts.log, scope => {
    const jobs = '/api/conversations/:id/jobs'
    scope.get(
      jobs,
      { schema: list },
      looking(parts, async ({ runtime, signal }): Promise<JobList> => {
        const found = (await runtime?.jobs.list(signal)) ?? []
        return { running: runtime !== undefined, jobs: found.map(infoOf) }
      }),
    )
    scope.get(
      `${jobs}/:job/output`,
      { schema: output },
      looking(parts, async ({ runtime, request, signal }): Promise<JobOutput> => {
        const { job } = pathOf(output, request)
        const { from } = queryOf(output, request)
        if (!runtime) return { running: false, text: '', continues: false, cursor: '' }
        const printed = await runtime.jobs.output(job, signal)
        if (!printed.ok) throw refused(printed.message, undefined, 404)
        return { running: true, ...after(printed.text, from) }
      }),
    )
    scope.delete(
      `${jobs}/:job`,
      { schema: kill },
      looking(parts, async ({ runtime, request, signal }): Promise<Done> => {
        const { job } = pathOf(kill, request)
        const killed = await runtime?.jobs.kill(job, signal)
        if (!killed) throw refused('There is no such job: the sandbox does not run.', undefined, 404)
        if (!killed.ok) throw refused(killed.message, undefined, 404)
        return { done: true }
      }),
    )
  })
}

function infoOf({ id, command, pids, ageMs }: Job): JobList['jobs'][number] {
  return { id, command, pids: [...pids], age_ms: Math.round(ageMs), alive: pids.length > 0 }
}

/**
 * What comes after a cursor. The text is bounded, so its middle may go as it grows: a cursor says how much was read and
 * what that was, and where it is no longer the beginning everything is sent again.
 */
function after(text: string, from: string | undefined): Omit<JobOutput, 'running'> {
  const cursor = cursorOf(text)
  const length = Number(/^(\d{1,9})\.[0-9a-f]{16}$/.exec(from ?? '')?.[1] ?? -1)
  const continues = length >= 0 && length <= text.length && cursorOf(text.slice(0, length)) === from
  return { text: continues ? text.slice(length) : text, continues, cursor }
}

function cursorOf(text: string): string {
  return `${text.length}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}
