import { z } from 'zod'
import type { Git, Outcome } from '../../core/ports.ts'
import type { Reply, Request } from '../executor-client.ts'
import type { ExecutorLink } from '../executor-link.ts'

const path = z.string().max(8192)
const Changes = z
  .array(
    z.object({
      path,
      from: path.exactOptional(),
      kind: z.enum(['added', 'modified', 'deleted', 'renamed', 'copied', 'untracked', 'conflicted']),
      staged: z.boolean(),
    }),
  )
  .max(1000)
const StatusValue = z.object({
  repository: z.boolean(),
  folder: path,
  branch: path,
  commits: z.boolean(),
  more: z.boolean(),
})
const FileValue = z.object({ exists: z.boolean() })
const TextValue = z.object({ truncated: z.boolean() })

/** Git in a workspace behind its executor. */
export function gitOf(link: ExecutorLink): Git {
  return {
    async status(offset, signal) {
      const reply = await link.ask({ method: 'git_status', params: { offset } }, signal)
      if (reply.type !== 'result') return { ok: false, message: reply.message }
      return { ok: true, ...link.read(StatusValue, reply.value), changes: link.read(Changes, parse(reply)) }
    },
    diff: (path, signal) => text(link, { method: 'git_diff', params: { path: path ?? '' } }, signal),
    async committed(path, signal) {
      const reply = await link.ask({ method: 'git_committed', params: { path } }, signal)
      if (reply.type !== 'result') return { ok: false, message: reply.message }
      return link.read(FileValue, reply.value).exists ? { ok: true, bytes: reply.body } : { ok: true }
    },
    show: (revision, path, signal) => text(link, { method: 'git_show', params: { revision, path } }, signal),
  }
}

async function text(
  link: ExecutorLink,
  request: Request,
  signal: AbortSignal,
): Promise<Outcome<{ readonly text: string; readonly truncated: boolean }>> {
  const reply = await link.ask(request, signal)
  if (reply.type !== 'result') return { ok: false, message: reply.message }
  return { ok: true, ...link.read(TextValue, reply.value), text: reply.body.toString('utf8') }
}

function parse({ body }: Extract<Reply, { readonly type: 'result' }>): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
