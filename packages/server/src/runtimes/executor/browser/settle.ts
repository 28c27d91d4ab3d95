import { setTimeout as pause } from 'node:timers/promises'
import { shortened } from './page.ts'
import type { Tabs } from './tabs.ts'

/** Times in milliseconds: after which a page counts as quiet, between two looks, and for a page that is to come. */
const quiet = 150
const look = 30
const leaveLimit = 30_000

/**
 * Waits until the page in front has had all that it asked for and is quiet for a moment, and downloads have ended, at
 * most `limit` milliseconds, or `leaveLimit` while another page is about to take its place; that is given up then.
 * Resolves to what is to be said of that; notes what else did not come to its end.
 */
export async function settle(tabs: Tabs, limit: number, signal: AbortSignal): Promise<string> {
  const start = performance.now()
  let calm = start
  for (;;) {
    await pause(look, undefined, { signal })
    const tab = await tabs.front()
    const now = performance.now()
    if (tabs.pendingOf(tab) > 0 || tabs.downloads.isBusy) calm = now
    if (now - calm >= quiet) {
      if (!(await tabs.isBusy(tab))) return ''
      calm = now
    }
    if (now - start >= (tabs.isLeaving(tab) ? leaveLimit : limit)) break
  }
  const tab = await tabs.front()
  if (!tabs.isLeaving(tab)) {
    tabs.note(tabs.downloads.isBusy ? 'A download still goes on.' : 'The page is still loading.')
    return ''
  }
  await tabs.stop()
  return `${shortened(tabs.askedOf(tab), 200)} did not come within ${leaveLimit} ms; it is not waited for any longer.`
}
