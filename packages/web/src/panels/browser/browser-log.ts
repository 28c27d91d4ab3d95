import type { BrowserInfo, EventId, ObservationOf, OpenAction, RunnableAction } from '@openhands/protocol'
import type { Row } from '../../store/rows.ts'

/** What the agent's browser shows, and what was last done with it. */
export interface BrowserPage {
  /** The observation that tells of it. */
  readonly event: EventId
  readonly url: string
  readonly tabs: readonly string[]
  readonly activeTab: number
  /** An address for `Picture`; empty for none. */
  readonly screenshot: string
  /** Why the last action failed; empty where it did not. */
  readonly error: string
  /** As the agent wrote it; empty where only the server told of the page. */
  readonly lastAction: string
}

/** The newest page that these rows tell of; what was tried after it in vain is its error. */
export function pageIn(rows: readonly Row[]): BrowserPage | undefined {
  let failed: Pick<BrowserPage, 'error' | 'lastAction'> | undefined
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i]
    if (row?.kind !== 'act') continue
    const asked = askedFor(row.action)
    const { observation } = row
    if (asked === undefined || !observation) continue
    if (observation.observation === 'browse') return { ...pageOf(observation, asked), ...failed }
    if (observation.observation === 'error') failed ??= { error: observation.content, lastAction: asked }
  }
  return undefined
}

/** The newer of what the log held here says and of what the server said when it was asked. */
export function newestPage(logged: BrowserPage | undefined, told: BrowserInfo | undefined): BrowserPage | undefined {
  const page = told?.page
  if (!page || (logged && logged.event >= page.event)) return logged
  const { event, url, tabs, active_tab, screenshot = '', error } = page
  return { event, url, tabs, activeTab: active_tab, screenshot, error, lastAction: '' }
}

/** What the agent is doing with its browser right now; undefined for nothing. */
export function underWay(open: readonly OpenAction[]): string | undefined {
  const [first] = open
  return first && (first.approval === 'free' || first.approval === 'given') ? askedFor(first.action) : undefined
}

function askedFor(action: RunnableAction): string | undefined {
  if (action.action === 'browse') return `goto(${JSON.stringify(action.args.url)})`
  return action.action === 'browse_interactive' ? action.args.browser_actions : undefined
}

function pageOf({ id, extras }: ObservationOf<'browse'>, asked: string): BrowserPage {
  const { url, open_pages_urls, active_page_index, screenshot, screenshot_url } = extras
  return {
    event: id,
    url,
    tabs: open_pages_urls,
    activeTab: active_page_index,
    screenshot: screenshot_url ?? screenshot,
    error: extras.last_browser_action_error,
    lastAction: extras.last_browser_action || asked,
  }
}
