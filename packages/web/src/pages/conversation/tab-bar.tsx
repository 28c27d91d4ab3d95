import { type JSX, useId, useRef } from 'react'
import type { PanelEntry } from '../../panels/panel.ts'
import { panels } from '../../panels/registry.ts'
import { text } from '../../text.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'

/** So many panels have a place of their own beside the conversation; the others are behind one. */
const PLACES = 4
const chat = { id: 'chat', name: text.panels.chat, icon: 'chat' } as const
const first = [chat, ...panels.slice(0, PLACES)]
const rest = panels.slice(PLACES)

interface TabBarProps {
  readonly tab: string
  readonly onTab: (tab: string) => void
}

/** On a narrow screen: the conversation or one panel, at the foot of the page. */
export function TabBar({ tab, onTab }: TabBarProps): JSX.Element {
  return (
    <nav
      aria-label={text.panels.title}
      className="flex shrink-0 border-t border-line bg-card pb-[env(safe-area-inset-bottom)]"
    >
      {first.map(({ id, name, icon }) => (
        <button
          key={id}
          type="button"
          aria-current={tab === id ? 'page' : undefined}
          className={placeLook(tab === id)}
          onClick={() => onTab(id)}
        >
          <Face icon={icon} name={name} />
        </button>
      ))}
      <More chosen={rest.find(({ id }) => id === tab)} onTab={onTab} />
    </nav>
  )
}

/** The panels that have no place of their own; while one of them is open, the place is its. */
function More({ chosen, onTab }: { chosen: PanelEntry | undefined; onTab: (tab: string) => void }): JSX.Element {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  return (
    <>
      <button
        type="button"
        popoverTarget={id}
        aria-label={chosen ? text.panels.moreThan(chosen.name) : text.panels.more}
        aria-current={chosen ? 'page' : undefined}
        className={placeLook(chosen !== undefined)}
      >
        <Face icon={chosen?.icon ?? 'dots'} name={chosen?.name ?? text.panels.more} />
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        className="inset-auto right-2 bottom-[calc(4rem+env(safe-area-inset-bottom))] m-0 min-w-44 rounded-2xl border border-line bg-raised p-1.5 text-ink shadow-2xl"
      >
        {rest.map(each => (
          <button
            key={each.id}
            type="button"
            aria-current={each === chosen ? 'page' : undefined}
            className={`flex h-11 w-full items-center gap-3 rounded-xl px-3 text-sm ${each === chosen ? 'bg-accent-soft font-medium' : 'hover:bg-sunken'}`}
            onClick={() => {
              list.current?.hidePopover()
              onTab(each.id)
            }}
          >
            <Icon name={each.icon} className="size-5" />
            {each.name}
          </button>
        ))}
      </div>
    </>
  )
}

function placeLook(isChosen: boolean): string {
  const tone = isChosen ? 'font-medium text-accent' : 'text-muted'
  return `flex h-13 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-[0.6875rem] -outline-offset-2 ${tone}`
}

function Face({ icon, name }: { icon: IconName; name: string }): JSX.Element {
  return (
    <>
      <Icon name={icon} className="size-5" />
      <span className="max-w-full truncate">{name}</span>
    </>
  )
}
