import { z } from 'zod'
import type { Jobs, Outcome } from '../../core/ports.ts'
import type { Reply, Request } from '../executor-client.ts'
import type { ExecutorLink } from '../executor-link.ts'

const count = z.int().nonnegative()
const List = z.object({
  jobs: z
    .array(
      z.object({ id: count, command: z.string().max(2000), pids: z.array(count), ageMs: z.number().nonnegative() }),
    )
    .max(10_000),
})

/** What commands have left running in a sandbox. */
export function jobsOf(link: ExecutorLink): Jobs {
  return {
    async list(signal) {
      const reply = await link.ask({ method: 'jobs_list', params: {} }, signal)
      return reply.type === 'result' ? link.read(List, reply.value).jobs : []
    },
    output: (job, signal) => outcome(link, { method: 'job_output', params: { job } }, signal, text),
    kill: (job, signal) => outcome(link, { method: 'job_kill', params: { job } }, signal, () => ({})),
  }
}

function text({ body }: Reply & { readonly type: 'result' }): { readonly text: string } {
  return { text: body.toString('utf8') }
}

async function outcome<T extends object>(
  link: ExecutorLink,
  request: Request,
  signal: AbortSignal,
  read: (reply: Reply & { readonly type: 'result' }) => T,
): Promise<Outcome<T>> {
  const reply = await link.ask(request, signal)
  return reply.type === 'result' ? { ok: true, ...read(reply) } : { ok: false, message: reply.message }
}
