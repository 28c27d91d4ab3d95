import type { JSX } from 'react'
import { live } from '../../text.ts'
import { Badge } from '../../ui/badge.tsx'
import { SideScroll } from '../../ui/side-scroll.tsx'

/** Tabs that are listed; the agent may have opened any number. */
const MOST = 30

/** The tabs that the agent has open, by their addresses; they are only looked at. */
export function BrowserTabs({ tabs, active }: { tabs: readonly string[]; active: number }): JSX.Element {
  return (
    <SideScroll around="shrink-0">
      <ul aria-label={live.browser.tabs} className="flex w-max gap-1">
        {tabs.slice(0, MOST).map((url, index) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a tab has no other name than its place
            key={index}
            aria-current={index === active ? 'page' : undefined}
            title={url}
            className={`flex max-w-52 min-w-24 items-center gap-1.5 rounded-md border px-2 py-1 text-xs ${index === active ? 'border-strong-line bg-sunken' : 'border-line text-muted'}`}
          >
            <span className="min-w-0 truncate">{shortAddress(url)}</span>
            {index === active && <Badge tone="accent">{live.browser.current}</Badge>}
          </li>
        ))}
      </ul>
    </SideScroll>
  )
}

function shortAddress(url: string): string {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.host === '') return url || live.browser.blank
  return `${parsed.host}${parsed.pathname === '/' ? '' : parsed.pathname}`
}
