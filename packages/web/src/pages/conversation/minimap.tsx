import { type JSX, type MouseEvent, useMemo } from 'react'
import { useCommands } from '../../store/commands.ts'
import { go } from '../../store/route.ts'
import type { Row } from '../../store/rows.ts'
import { timelineText } from '../../text.ts'
import { type Mark, messageFrom, placesOf } from './map-marks.ts'

const colours: Record<Mark, string> = {
  waiting: 'bg-warn',
  trouble: 'bg-bad',
  user: 'bg-accent',
  done: 'bg-good',
  words: 'bg-muted',
  act: 'bg-strong-line/60',
  other: 'bg-line',
}
const widths: Record<Mark, string> = {
  waiting: 'w-full',
  trouble: 'w-full',
  user: 'w-full',
  done: 'w-full',
  words: 'w-2/3',
  act: 'w-1/2',
  other: 'w-1/3',
}

/** Places drawn at most. */
const MOST = 150
/** Pixels that a place has at most. */
const PLACE = 8

interface MinimapProps {
  readonly session: string
  readonly rows: readonly Row[]
  /** The first and the last row in view. */
  readonly first: number
  readonly last: number
}

/** All rows that are held, small, beside them: where messages, trouble and questions are. Keys go from message to message. */
export function Minimap({ session, rows, first, last }: MinimapProps): JSX.Element | null {
  const places = useMemo(() => placesOf(rows, MOST), [rows])
  const show = (index: number | undefined): void => {
    const row = index === undefined ? undefined : rows[index]
    if (row) go({ page: 'conversation', id: session, event: row.id })
  }
  useCommands([
    { id: 'message-before', name: timelineText.map.before, keys: '[', run: () => show(messageFrom(rows, first, -1)) },
    { id: 'message-after', name: timelineText.map.after, keys: ']', run: () => show(messageFrom(rows, first, 1)) },
  ])
  if (rows.length < 5) return null
  const onClick = ({ currentTarget, clientY }: MouseEvent): void => {
    const { top, height } = currentTarget.getBoundingClientRect()
    show(places[Math.floor(((clientY - top) / height) * places.length)]?.row)
  }
  const share = (index: number): string => `${(index / rows.length) * 100}%`
  return (
    // What it shows is in the feed as well, and the keys lead to it: it is for pointers alone.
    <div
      aria-hidden="true"
      title={timelineText.map.hint}
      className="absolute top-2 right-3 w-3 cursor-pointer max-md:hidden"
      style={{ height: `min(100% - 1rem, ${places.length * PLACE}px)` }}
      onClick={onClick}
    >
      <div className="flex h-full flex-col">
        {places.map(({ mark, row }) => (
          <div key={row} className="flex min-h-0 flex-1 items-center justify-end">
            <div className={`h-[max(1px,60%)] rounded-full ${colours[mark]} ${widths[mark]}`} />
          </div>
        ))}
      </div>
      <div
        className="pointer-events-none absolute -inset-x-1 rounded-sm border border-strong-line"
        style={{ top: share(first), height: share(Math.max(1, last - first + 1)) }}
      />
    </div>
  )
}
