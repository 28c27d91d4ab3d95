import type { TerminalInfo } from '@openhands/protocol'
import { type JSX, type KeyboardEvent, type RefObject, useEffect } from 'react'
import { live } from '../../text.ts'
import { Badge } from '../../ui/badge.tsx'
import { IconButton } from '../../ui/button.tsx'
import { SideScroll } from '../../ui/side-scroll.tsx'

/** The name of the tab that lists jobs. */
export const JOBS = 'jobs'

interface TerminalTabsProps {
  readonly place: RefObject<HTMLDivElement | null>
  readonly terminals: readonly TerminalInfo[]
  /** How many jobs run. */
  readonly jobs: number
  /** The id of a terminal, or `JOBS`. */
  readonly chosen: string
  readonly isOpening: boolean
  readonly onChoose: (id: string) => void
  readonly onOpen: () => void
  readonly onClose: (id: string) => void
}

/** The terminals and the jobs as tabs; beside them, to open another and to close the chosen one. */
export function TerminalTabs(props: TerminalTabsProps): JSX.Element {
  const { place, terminals, jobs, chosen, isOpening, onChoose, onOpen, onClose } = props
  const own = terminals.find(({ id, of }) => id === chosen && of === 'person')
  const tabs = [
    ...terminals.map(({ id, name, of }) => ({ id, name: of === 'agent' ? live.terminal.agent : name, count: 0 })),
    { id: JOBS, name: live.terminal.jobs, count: jobs },
  ]
  useEffect(() => {
    const tab = place.current?.querySelector(`[data-tab="${chosen}"]`)
    tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [place, chosen])
  return (
    <div className="flex shrink-0 items-center gap-1 border-b border-line px-2 py-1">
      <SideScroll around="flex-1">
        <div
          ref={place}
          role="tablist"
          aria-label={live.terminal.tabs}
          className="flex w-max gap-0.5"
          onKeyDown={event =>
            step(
              event,
              tabs.map(({ id }) => id),
              chosen,
              onChoose,
            )
          }
        >
          {tabs.map(({ id, name, count }) => (
            <button
              key={id}
              id={`terminal-${id}`}
              type="button"
              role="tab"
              data-tab={id}
              aria-selected={id === chosen}
              aria-controls="terminal"
              tabIndex={id === chosen ? 0 : -1}
              className={`flex h-7 shrink-0 items-center gap-1.5 rounded-md px-2 text-sm ${id === chosen ? 'bg-sunken font-medium' : 'text-muted hover:text-ink'}`}
              onClick={() => onChoose(id)}
            >
              <span className="inline-block first-letter:uppercase">{name}</span>
              {count > 0 && <Badge tone="accent">{count}</Badge>}
            </button>
          ))}
        </div>
      </SideScroll>
      {own && <IconButton icon="cross" label={live.terminal.close(own.name)} onClick={() => onClose(own.id)} />}
      <IconButton
        icon="plus"
        label={isOpening ? live.terminal.opening : live.terminal.open}
        disabled={isOpening}
        onClick={onOpen}
      />
    </div>
  )
}

/** Arrow keys go from tab to tab. */
function step(
  event: KeyboardEvent<HTMLDivElement>,
  ids: readonly string[],
  chosen: string,
  onChoose: (id: string) => void,
): void {
  const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
  const next = ids[(ids.indexOf(chosen) + by + ids.length) % ids.length]
  if (by === 0 || next === undefined) return
  event.preventDefault()
  onChoose(next)
  event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus()
}
