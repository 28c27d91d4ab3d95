import { useQuery } from '@tanstack/react-query'
import { type JSX, useMemo } from 'react'
import { problemOf } from '../../store/problem.ts'
import { hrefOf } from '../../store/route.ts'
import { useConversation } from '../../store/use-conversation.ts'
import { live } from '../../text.ts'
import { ClippedText } from '../../ui/clipped-text.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { ExactText } from '../../ui/exact-text.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Picture } from '../../ui/picture.tsx'
import { plainOutput } from '../../ui/plain-output.ts'
import { Wait } from '../../ui/wait.tsx'
import type { PanelProps } from '../panel.ts'
import { type BrowserPage, newestPage, pageIn, underWay } from './browser-log.ts'
import { BrowserTabs } from './browser-tabs.tsx'

/** What the agent's browser shows: pictures that this server keeps, and words; nothing is loaded from the page itself. */
export function BrowserPanel({ session, calls }: PanelProps): JSX.Element {
  const rows = useConversation(view => view.rows)
  const asked = useConversation(view => underWay(view.state.open))
  const logged = useMemo(() => pageIn(rows), [rows])
  const told = useQuery({
    queryKey: [session, 'browser', logged?.event],
    queryFn: ({ signal }) => calls.browser(signal),
  })
  const page = newestPage(logged, told.data)
  if (!page && told.isPending) return <Wait />
  return (
    <div className="quiet-scroll flex h-full flex-col gap-3 p-3 text-sm">
      {asked !== undefined && <Doing name={live.browser.now} words={asked} alive />}
      {page ? <Page session={session} page={page} /> : <Nothing problem={problemOf(told.error)} />}
      {page && told.data?.running === false && <p className="text-xs text-muted">{live.browser.ended}</p>}
    </div>
  )
}

function Nothing({ problem }: { problem: string | undefined }): JSX.Element {
  if (problem === undefined) return <Empty icon="globe">{live.browser.empty}</Empty>
  return (
    <Notice tone="bad" alert>
      {problem}
    </Notice>
  )
}

function Page({ session, page }: { session: string; page: BrowserPage }): JSX.Element {
  const { url, tabs, activeTab, screenshot, error, lastAction, event } = page
  return (
    <>
      {tabs.length > 1 && <BrowserTabs tabs={tabs} active={activeTab} />}
      <div className="flex items-center gap-1 rounded-lg border border-line bg-sunken pl-3">
        <p className="min-w-0 flex-1 py-1 break-all">
          <span className="sr-only">{live.browser.address}: </span>
          <ExactText text={clipped(url) || live.browser.blank} />
        </p>
        {url !== '' && <CopyButton text={url} label={live.browser.copy} />}
      </div>
      {error !== '' && (
        <Notice tone="bad">
          <p className="font-medium">{live.browser.failed}</p>
          <ClippedText text={plainOutput(error)} lines={8} />
        </Notice>
      )}
      {screenshot === '' ? (
        <p className="text-muted">{live.browser.noPicture}</p>
      ) : (
        <Picture
          url={screenshot}
          alt={live.browser.screenshot(clipped(url))}
          className="h-auto w-full rounded-lg border border-line bg-card"
        />
      )}
      {lastAction !== '' && <Doing name={live.browser.last} words={lastAction} />}
      <a
        href={hrefOf({ page: 'conversation', id: session, event })}
        className="w-fit py-1 text-xs font-medium text-accent hover:underline"
      >
        {live.browser.showEvent}
      </a>
    </>
  )
}

function Doing({ name, words, alive }: { name: string; words: string; alive?: boolean }): JSX.Element {
  return (
    <div role={alive ? 'status' : undefined} className="rounded-lg bg-sunken px-3 py-2">
      <p className={`text-xs text-muted ${alive ? 'breathing' : ''}`}>{name}</p>
      <ClippedText text={plainOutput(words)} lines={6} />
    </div>
  )
}

/** Characters of an address that are shown; those of `data:` have no end. */
const MOST = 400

function clipped(url: string): string {
  return url.length > MOST ? `${url.slice(0, MOST).toWellFormed()} …` : url
}
