import type { JSX, KeyboardEvent } from 'react'
import type { PanelEntry } from '../../panels/panel.ts'
import { panels } from '../../panels/registry.ts'
import { changeLook } from '../../store/look.ts'
import { text } from '../../text.ts'
import { Icon } from '../../ui/icon.tsx'

/** The panels as tabs, all of them in sight: where there is no room for their names, the drawings stay, and the name of the open one. */
export function Tabs({ chosen }: { chosen: PanelEntry }): JSX.Element {
  const at = panels.indexOf(chosen)
  const onKey = (event: KeyboardEvent<HTMLDivElement>): void => {
    const next = panels[placeAfter(event.key, at, panels.length)]
    if (!next) return
    changeLook({ panel: next.id })
    event.currentTarget.querySelector<HTMLElement>(`[data-panel="${next.id}"]`)?.focus()
    event.preventDefault()
  }
  return (
    <div className="@container shrink-0 border-b border-line">
      <div
        role="tablist"
        aria-label={text.panels.title}
        className="flex h-10 items-center gap-0.5 px-2 @max-3xl:justify-between"
        onKeyDown={onKey}
      >
        {panels.map(({ id, name, icon }) => (
          <button
            key={id}
            type="button"
            role="tab"
            data-panel={id}
            title={name}
            aria-selected={id === chosen.id}
            aria-controls="panel"
            tabIndex={id === chosen.id ? 0 : -1}
            className={`flex h-8 min-w-8 shrink-0 items-center justify-center gap-1.5 rounded-lg px-2 text-sm ${id === chosen.id ? 'bg-sunken font-medium' : 'text-muted hover:bg-sunken/60 hover:text-ink'}`}
            onClick={() => changeLook({ panel: id })}
          >
            <Icon name={icon} />
            <span className={id === chosen.id ? '@max-[22rem]:sr-only' : '@max-3xl:sr-only'}>{name}</span>
          </button>
        ))}
      </div>
    </div>
  )
}

/** Where a key leads from a place in a row of so many; -1 where it leads nowhere. */
export function placeAfter(key: string, at: number, count: number): number {
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0
  return step === 0 ? -1 : (at + step + count) % count
}
