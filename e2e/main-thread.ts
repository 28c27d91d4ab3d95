import type { CDPSession, Page } from 'playwright-core'

/** What the main thread of a page did: milliseconds of its processor time, which a busy machine hardly changes. */
export interface Work {
  /** The longest task: so long nothing else of the page can happen. */
  readonly longest: number
  readonly total: number
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Processor time in microseconds. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** Watches the main thread of the page until asked what it did, by the browser's own record of tasks. */
export async function watchMainThread(tab: Page): Promise<() => Promise<Work>> {
  const cdp: CDPSession = await tab.context().newCDPSession(tab)
  const events: TraceEvent[] = []
  cdp.on('Tracing.dataCollected', ({ value }) => {
    events.push(...(value as unknown as TraceEvent[])) // as Chromium writes them
  })
  await cdp.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['disabled-by-default-devtools.timeline'], excludedCategories: ['*'] },
  })
  return async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    cdp.once('Tracing.tracingComplete', () => resolve())
    await cdp.send('Tracing.end')
    await promise
    await cdp.detach()
    return workOf(events)
  }
}

function workOf(events: readonly TraceEvent[]): Work {
  const place = ({ pid, tid }: TraceEvent): string => `${pid}:${tid}`
  const named = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
  const main = new Set(named.map(place))
  const tasks = events.filter(each => each.name === 'RunTask' && each.ph === 'X' && main.has(place(each)))
  const times = tasks.map(({ tdur = 0 }) => tdur / 1000)
  if (times.length === 0) throw new Error('the record of the browser has no tasks: nothing was measured')
  return { longest: Math.round(Math.max(...times)), total: Math.round(times.reduce((sum, each) => sum + each, 0)) }
}
