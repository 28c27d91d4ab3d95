import { useVirtualizer } from '@tanstack/react-virtual'
import { type JSX, useEffect, useRef } from 'react'
import { useCommands } from '../../store/commands.ts'
import { keyOf, type Row } from '../../store/rows.ts'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { LiveWords } from './live-words.tsx'
import { Minimap } from './minimap.tsx'
import { roughHeight } from './row-height.ts'
import { RowView } from './row-view.tsx'
import { rowsAround } from './rows-around.ts'
import { ToNewest } from './to-newest.ts'
import { useKeptEnd } from './use-kept-end.ts'

/** Pixels before the end of what is loaded at which more is asked for. */
const NEAR = 800
const LIVE = 'live'

/** All rows that are held, of which only those in view are drawn; it stays at its end while somebody stands there. */
export function Timeline({ target, asked }: { target: number | undefined; asked: number }): JSX.Element {
  const store = useStore()
  const rows = useConversation(view => view.rows)
  const hasOlder = useConversation(view => view.hasOlder)
  const detached = useConversation(view => view.detached)
  const isLive =
    useConversation(view => view.live.text !== '' || view.live.reasoning !== '' || view.outbox.length > 0) && !detached
  const scroller = useRef<HTMLDivElement>(null)
  const list = useVirtualizer({
    count: rows.length + (isLive ? 1 : 0),
    getScrollElement: () => scroller.current,
    estimateSize: index => roughHeight(rows[index]),
    getItemKey: index => (index < rows.length && rows[index] ? keyOf(rows[index]) : LIVE),
    rangeExtractor: inView => rowsAround(inView, index => roughHeight(rows[index])),
    anchorTo: 'end',
    followOnAppend: !detached,
    scrollEndThreshold: 60,
    paddingStart: 16,
    paddingEnd: 12,
    initialOffset: 10_000_000,
  })
  const toNewest = (): void => {
    store.showNewest().then(
      () => requestAnimationFrame(() => list.scrollToEnd()),
      () => undefined, // the line says when it is down
    )
  }
  useCommands([{ id: 'newest', name: text.keys.newest, keys: 'Shift+g', run: toNewest }])
  const marked = target === undefined ? -1 : placeOf(target, rows)
  useJump(target, asked, rows, index => list.scrollToIndex(index, { align: 'center' }))
  useFirstEnd(rows.length, target === undefined, () => list.scrollToEnd())
  const onScroll = (): void => {
    const box = scroller.current
    if (!box) return
    if (hasOlder && box.scrollTop < NEAR) store.loadOlder().catch(() => undefined) // asked again by the next scrolling
    if (detached && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR) store.loadNewer().catch(() => undefined) // as above
  }
  useWithRows(rows, onScroll)
  useKeptEnd(scroller)
  const atEnd = list.isAtEnd(200)
  return (
    <ToNewest value={toNewest}>
      <div className="relative min-h-0 flex-1">
        <div
          ref={scroller}
          onScroll={onScroll}
          className="quiet-scroll h-full px-3 [overflow-anchor:none] sm:px-5 md:pr-9"
        >
          <p className="h-0 text-center text-xs text-muted">
            {hasOlder ? <span className="sr-only">{text.conversation.older}</span> : ''}
          </p>
          <Spacer height={list.getTotalSize()} isEmpty={rows.length === 0 && !isLive}>
            {list.getVirtualItems().map(item => {
              const row = rows[item.index]
              return (
                <Placed key={item.key} start={item.start} index={item.index} measure={list.measureElement}>
                  {row ? <RowView row={row} marked={item.index === marked} /> : <LiveWords />}
                </Placed>
              )
            })}
          </Spacer>
        </div>
        <Minimap
          session={store.session}
          rows={rows}
          first={list.range?.startIndex ?? 0}
          last={list.range?.endIndex ?? 0}
        />
        {(detached || !atEnd) && rows.length > 0 && (
          <div className="pointer-events-none absolute inset-x-0 bottom-2 flex justify-center">
            <Button small icon="down" className="pointer-events-auto rounded-full shadow-md" onClick={toNewest}>
              {text.conversation.newest}
            </Button>
          </div>
        )}
      </div>
    </ToNewest>
  )
}

interface SpacerProps {
  readonly height: number
  readonly isEmpty: boolean
  readonly children: React.ReactNode
}

function Spacer({ height, isEmpty, children }: SpacerProps): JSX.Element {
  return (
    // A feed without an article would be none.
    <div
      {...(isEmpty ? {} : { role: 'feed', 'aria-label': text.conversation.log })}
      className="relative mx-auto max-w-3xl"
      style={{ height }}
    >
      {children}
    </div>
  )
}

interface PlacedProps {
  readonly start: number
  readonly index: number
  readonly measure: (node: HTMLElement | null) => void
  readonly children: React.ReactNode
}

function Placed({ start, index, measure, children }: PlacedProps): JSX.Element {
  return (
    <article
      ref={measure}
      data-index={index}
      aria-posinset={index + 1}
      aria-setsize={-1}
      className="absolute top-0 left-0 w-full pb-3"
      style={{ transform: `translateY(${start}px)` }}
    >
      {children}
    </article>
  )
}

/** The row that an event belongs to; -1 where that is not held. */
function placeOf(event: number, rows: readonly Row[]): number {
  const last = rows.at(-1)
  return last && event <= last.id + 1 ? rows.findLastIndex(row => row.id <= event) : -1
}

/** Goes to the row of an event once it is there, and again each time that it is asked for. */
function useJump(target: number | undefined, asked: number, rows: readonly Row[], jump: (index: number) => void): void {
  const done = useRef('')
  useEffect(() => {
    const wanted = `${target}:${asked}`
    if (target === undefined || done.current === wanted) return
    const index = placeOf(target, rows)
    if (index < 0) return
    done.current = wanted
    jump(index)
  })
}

/** Shows the end when the first rows are there. */
function useFirstEnd(count: number, wanted: boolean, show: () => void): void {
  const done = useRef(false)
  useEffect(() => {
    if (done.current || count === 0 || !wanted) return
    done.current = true
    show()
  })
}

/** Looks after each change of the rows: what has come may be too little to scroll, and then nobody would ask for more. */
function useWithRows(rows: readonly Row[], look: () => void): void {
  const seen = useRef<readonly Row[]>(undefined)
  const latest = useRef(look)
  latest.current = look
  useEffect(() => {
    if (seen.current === rows) return undefined
    seen.current = rows
    const frame = requestAnimationFrame(() => latest.current()) // by then they stand where they belong
    return () => cancelAnimationFrame(frame)
  }, [rows])
}
