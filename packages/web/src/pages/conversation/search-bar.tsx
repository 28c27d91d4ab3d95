import { type JSX, type KeyboardEvent, type RefObject, useEffect, useId, useRef } from 'react'
import { searchText } from '../../text.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Failure } from '../../ui/failure.tsx'
import { fieldLook } from '../../ui/field.tsx'
import { useWide } from '../../ui/use-wide.ts'
import { useFoundMarks } from './found-marks.ts'
import { SearchHits } from './search-hits.tsx'
import { type Search, useSearch } from './use-search.ts'

interface SearchBarProps {
  /** Goes up each time that somebody asks to search: then the field is given the focus. */
  readonly asked: number
  /** Called with the event to show whenever a hit was chosen, be it the same one again. */
  readonly onGo: (event: number) => void
  readonly onClose: () => void
}

/** Finds words in the whole log. Enter and the arrows go from hit to hit, and the conversation goes with them. */
export function SearchBar({ asked, onGo, onClose }: SearchBarProps): JSX.Element {
  const search = useSearch(useWide(640), onGo)
  const { finding, at, more, again } = search
  const { query, hits, count, whole, busy, problem } = finding
  const list = useId()
  const bar = useRef<HTMLElement>(null)
  useFoundMarks(bar, at < 0 ? '' : query)
  const showMore = (): void => {
    more()
    // The button may be gone with the answer, and the keys are those of the field.
    bar.current?.querySelector('input')?.focus()
  }
  const isExpanded = search.isListed && hits.length > 0
  return (
    <search ref={bar} aria-label={searchText.bar} className="shrink-0 border-b border-line bg-card">
      <div className="flex items-center gap-1 px-2 py-1.5 sm:px-4">
        <Field search={search} asked={asked} list={list} isExpanded={isExpanded} onClose={onClose} />
        <span role="status" className="min-w-18 px-1 text-right text-xs text-muted tabular-nums">
          {summaryOf(search)}
        </span>
        <Steps search={search} isExpanded={isExpanded} />
        <IconButton icon="cross" label={searchText.close} onClick={onClose} />
      </div>
      {problem && (
        <div className="px-4 pt-1 pb-2">
          <Failure problem={problem} onRetry={again} />
        </div>
      )}
      {query !== '' && whole && count === 0 && !problem && (
        <p className="px-4 pt-1 pb-2 text-sm break-words text-muted">{searchText.noneHint(query)}</p>
      )}
      {isExpanded && (
        <SearchHits key={query} id={list} hits={hits} at={at} onChoose={search.show}>
          {hits.length < count && (
            <Button small kind="quiet" className="mx-2 my-1" disabled={busy} onClick={showMore}>
              {searchText.more(amount(count - hits.length))}
            </Button>
          )}
        </SearchHits>
      )}
    </search>
  )
}

interface FieldProps {
  readonly search: Search
  readonly asked: number
  /** The id of the list of hits. */
  readonly list: string
  readonly isExpanded: boolean
  readonly onClose: () => void
}

function Field({ search, asked, list, isExpanded, onClose }: FieldProps): JSX.Element {
  const { typed, at, type, step } = search
  const field = useFocus(asked)
  const onKey = (event: KeyboardEvent): void => {
    const { key, shiftKey, nativeEvent } = event
    if (nativeEvent.isComposing) return
    // Asked for within this search, it is the browser's own.
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === 'f') {
      event.stopPropagation()
      return
    }
    if (key === 'Escape') onClose()
    else if (key === 'ArrowDown' || (key === 'Enter' && !shiftKey)) step(1)
    else if (key === 'ArrowUp' || key === 'Enter') step(-1)
    else return
    event.preventDefault()
  }
  return (
    <input
      ref={field}
      type="text"
      role="combobox"
      aria-expanded={isExpanded}
      aria-controls={list}
      aria-activedescendant={isExpanded && at >= 0 ? `${list}-${at}` : undefined}
      aria-label={searchText.field}
      placeholder={searchText.placeholder}
      autoComplete="off"
      spellCheck={false}
      maxLength={200}
      value={typed}
      className={`${fieldLook} h-8 min-w-0 flex-1`}
      onChange={event => type(event.target.value)}
      onKeyDown={onKey}
    />
  )
}

function Steps({ search, isExpanded }: { search: Search; isExpanded: boolean }): JSX.Element {
  const { at, finding, isListed, step, toggle } = search
  const { hits, count } = finding
  // A field on a phone is short enough: what goes from hit to hit comes with the first of them.
  const className = at < 0 ? 'max-sm:hidden' : ''
  return (
    <>
      <IconButton icon="up" label={searchText.newer} disabled={at < 1} className={className} onClick={() => step(-1)} />
      <IconButton
        icon="down"
        label={searchText.older}
        disabled={at + 1 >= count}
        className={className}
        onClick={() => step(1)}
      />
      <IconButton
        icon="menu"
        label={isListed ? searchText.hideHits : searchText.showHits}
        aria-expanded={isExpanded}
        disabled={hits.length === 0}
        className={className}
        onClick={toggle}
      />
    </>
  )
}

function amount(count: number): string {
  return count.toLocaleString('en')
}

/** How many there are, and which of them is chosen. */
function summaryOf({ finding, isStale, at }: Search): string {
  const { query, hits, count, whole, busy, problem } = finding
  if (problem !== undefined) return ''
  if (isStale || (busy && hits.length === 0)) return searchText.searching
  if (query === '') return ''
  const all = `${amount(count)}${whole ? '' : '+'}`
  if (at >= 0) return searchText.at(amount(at + 1), all)
  return whole && count === 0 ? searchText.none : searchText.found(all)
}

/** Gives a field the focus whenever somebody asks for it; who had it before has it again in the end. */
function useFocus(asked: number): RefObject<HTMLInputElement | null> {
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const before = document.activeElement
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: each time it is asked for
  useEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [asked])
  return field
}
