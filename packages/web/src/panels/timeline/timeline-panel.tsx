import { useVirtualizer } from '@tanstack/react-virtual'
import { type JSX, useMemo, useRef, useState } from 'react'
import { useConversation } from '../../store/use-conversation.ts'
import { text, timelineText as words } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Select } from '../../ui/field.tsx'
import { duration } from '../../ui/format.ts'
import { Notice } from '../../ui/notice.tsx'
import { useNow } from '../../ui/use-now.ts'
import type { PanelProps } from '../panel.ts'
import { Legend } from './legend.tsx'
import { type Order, ordered, scaleOf } from './scale.ts'
import { StepRow } from './step-row.tsx'
import { phaseOf, type Timeline } from './steps.ts'
import { useTimeline } from './use-timeline.ts'

const ROW = 68

/** Where the time and the money of a session went, step by step. */
export function TimelinePanel({ session, calls }: PanelProps): JSX.Element {
  const reading = useTimeline(calls)
  const { timeline, from, failure } = reading
  const [order, setOrder] = useState<Order>('newest')
  const steps = useMemo(() => ordered(timeline.steps, order), [timeline.steps, order])
  const scale = useMemo(() => scaleOf(timeline.steps), [timeline.steps])
  const scroller = useRef<HTMLDivElement>(null)
  const list = useVirtualizer({
    count: steps.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
  })
  return (
    <div className="flex h-full flex-col">
      <div className="flex flex-col gap-3 border-b border-line p-4">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <Legend timeline={timeline} />
          <Select bare label={words.order} value={order} options={words.orders} onChange={setOrder} />
        </div>
        <Now timeline={timeline} />
        {reading.behind && (
          <p role="status" className="breathing text-sm text-muted">
            {words.reading(
              (timeline.state.next - from).toLocaleString('en'),
              (reading.next - from).toLocaleString('en'),
            )}
          </p>
        )}
        {failure && (
          <Notice tone="bad" alert>
            {failure.message}{' '}
            <Button small onClick={reading.retry}>
              {text.common.retry}
            </Button>
          </Notice>
        )}
        {from > 0 && (
          <p className="flex flex-wrap items-center gap-2 text-xs text-muted">
            {words.skipped(from.toLocaleString('en'))}
            <Button small onClick={reading.readAll}>
              {words.readAll}
            </Button>
          </p>
        )}
        {timeline.forgotten > 0 && (
          <p className="text-xs text-muted">{words.forgotten(timeline.forgotten.toLocaleString('en'))}</p>
        )}
      </div>
      {steps.length === 0 && !reading.behind && !failure && <Empty icon="clock">{words.empty}</Empty>}
      <div ref={scroller} className="quiet-scroll min-h-0 flex-1">
        <ol aria-label={words.list} className="relative" style={{ height: list.getTotalSize() }}>
          {list.getVirtualItems().map(({ index, start }) => {
            const step = steps[index]
            return (
              step && (
                <li
                  key={step.first}
                  aria-setsize={steps.length}
                  aria-posinset={index + 1}
                  className="absolute top-0 left-0 w-full"
                  style={{ height: ROW, transform: `translateY(${start}px)` }}
                >
                  <StepRow session={session} step={step} scale={scale} />
                </li>
              )
            )
          })}
        </ol>
      </div>
    </div>
  )
}

/** Who is at work at this moment, and for how long by now. */
function Now({ timeline }: { timeline: Timeline }): JSX.Element | null {
  const now = useNow(1_000)
  const isOpen = useConversation(view => view.link.kind === 'open')
  const phase = phaseOf(timeline.state)
  if (phase === 'waiting' || !isOpen || Number.isNaN(timeline.at)) return null
  const seconds = Math.max(0, Math.round((now - timeline.at) / 1000))
  return (
    <span className="text-sm text-muted tabular-nums">
      {words.now[phase]} · {duration(seconds * 1000)}
    </span>
  )
}
