import type { LogHit } from '@openhands/protocol'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type JSX, type ReactNode, useEffect, useRef } from 'react'
import { searchText } from '../../text.ts'
import { clockTime } from '../../ui/format.ts'
import { Icon } from '../../ui/icon.tsx'
import { nameOfHit } from './hit-name.ts'

interface HitsProps {
  /** The id of the list; an entry's is this, a hyphen and its index. */
  readonly id: string
  readonly hits: readonly LogHit[]
  /** The chosen one; -1 for none. */
  readonly at: number
  readonly onChoose: (index: number) => void
  /** What stands below the last one. */
  readonly children: ReactNode
}

/** The hits, of which only those in view are drawn. The field above keeps the focus. */
export function SearchHits({ id, hits, at, onChoose, children }: HitsProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null)
  const list = useVirtualizer({
    count: hits.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 54,
    getItemKey: index => hits[index]?.id ?? index,
    overscan: 4,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list stays the same object
  useEffect(() => {
    if (at >= 0) list.scrollToIndex(at, { align: 'auto' })
  }, [at])
  return (
    <div ref={scroller} className="quiet-scroll max-h-[30vh] border-t border-line px-1 py-1 sm:max-h-[34vh]">
      <div
        role="listbox"
        id={id}
        tabIndex={-1}
        aria-label={searchText.hits}
        className="relative"
        style={{ height: list.getTotalSize() }}
      >
        {list.getVirtualItems().map(({ index, start, key }) => {
          const hit = hits[index]
          return (
            hit && (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field, which keeps the focus
              <div
                key={key}
                ref={list.measureElement}
                data-index={index}
                id={`${id}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === at}
                aria-posinset={index + 1}
                aria-setsize={hits.length}
                className={`absolute inset-x-0 top-0 cursor-pointer rounded-lg px-3 py-1.5 ${index === at ? 'bg-accent-soft' : 'hover:bg-sunken'}`}
                style={{ transform: `translateY(${start}px)` }}
                onMouseDown={event => event.preventDefault()}
                onClick={() => onChoose(index)}
              >
                <Hit hit={hit} />
              </div>
            )
          )
        })}
      </div>
      {children}
    </div>
  )
}

function Hit({ hit }: { hit: LogHit }): JSX.Element {
  const { name, icon } = nameOfHit(hit)
  return (
    <>
      <p className="flex items-center gap-1.5 text-xs text-muted">
        <Icon name={icon} className="size-3.5" />
        <span className="min-w-0 truncate">{name}</span>
        <time dateTime={hit.timestamp} className="ml-auto whitespace-nowrap tabular-nums">
          {clockTime(hit.timestamp)}
        </time>
      </p>
      <p className="truncate text-sm [unicode-bidi:isolate]">{marked(hit)}</p>
    </>
  )
}

/** The snippet as plain texts, those that were looked for marked. */
function marked({ snippet, matches }: LogHit): ReactNode {
  const parts: ReactNode[] = []
  let done = 0
  for (const [from, to] of matches) {
    parts.push(
      snippet.slice(done, from),
      <mark key={from} className="rounded-sm bg-warn-soft font-semibold text-ink">
        {snippet.slice(from, to)}
      </mark>,
    )
    done = to
  }
  return [...parts, snippet.slice(done)]
}
