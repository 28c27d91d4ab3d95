import { z } from 'zod'
import type { Browser, Outcome, PageView } from '../../core/ports.ts'
import type { Reply } from '../executor-client.ts'
import type { ExecutorLink } from '../executor-link.ts'

/** More than the executor gives, see `executor/browser/page.ts`; what exceeds it was not made by the executor. */
const most = 100_000
const short = z.string().max(8192)
const PageValue = z.object({
  url: short,
  title: short,
  text: z.string().max(most),
  tree: z.string().max(most),
  tabs: z.array(short).max(100),
  activeTab: z.int().min(-1),
  focused: short,
  notes: z.array(short).max(100),
  error: short,
})

/** The browser of a sandbox, asked through its executor. */
export function browserOf(link: ExecutorLink): Browser {
  return {
    open: async (url, signal) => read(link, await link.ask({ method: 'browser_open', params: { url } }, signal)),
    act: async (code, signal) => read(link, await link.ask({ method: 'browser_act', params: { code } }, signal)),
  }
}

function read(link: ExecutorLink, reply: Reply): Outcome<{ readonly page: PageView }> {
  if (reply.type !== 'result') return { ok: false, message: reply.message }
  const page = link.read(PageValue, reply.value)
  return { ok: true, page: reply.body.length > 0 ? { ...page, screenshot: reply.body } : page }
}
