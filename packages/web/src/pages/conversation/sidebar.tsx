import type { JSX } from 'react'
import { useBoard } from '../../store/board-store.ts'
import { hrefOf } from '../../store/route.ts'
import { text } from '../../text.ts'
import { StateMark } from '../../ui/board-state.tsx'
import { age } from '../../ui/format.ts'
import { Icon, Mark } from '../../ui/icon.tsx'
import { useNow } from '../../ui/use-now.ts'

/** The other sessions, at the left of this one. */
export function Sidebar({ current }: { current: string }): JSX.Element {
  const { sessions } = useBoard()
  const now = useNow(10_000)
  return (
    <nav aria-label={text.home.board} className="flex w-60 shrink-0 flex-col border-r border-line bg-sunken/60">
      <div className="flex h-12 items-center gap-2 px-3">
        <a href={hrefOf({ page: 'home' })} className="flex items-center gap-2 rounded-lg font-semibold tracking-tight">
          <Mark className="size-6" />
          {text.app.name}
        </a>
        <a
          href={hrefOf({ page: 'settings', section: '' })}
          aria-label={text.app.settings}
          className="ml-auto flex size-8 items-center justify-center rounded-lg text-muted hover:bg-card hover:text-ink"
        >
          <Icon name="settings" />
        </a>
      </div>
      <a
        href={hrefOf({ page: 'home' })}
        className="mx-3 mb-2 flex h-9 items-center gap-2 rounded-lg border border-line bg-card px-3 text-sm font-medium hover:border-strong-line"
      >
        <Icon name="plus" />
        {text.keys.newTask}
      </a>
      <ul className="quiet-scroll min-h-0 flex-1 px-2 pb-3">
        {sessions.map(({ conversation_id: id, title, state, updated }) => (
          <li key={id}>
            <a
              href={hrefOf({ page: 'conversation', id, event: undefined })}
              title={title}
              aria-current={id === current ? 'page' : undefined}
              className={`flex items-center gap-2 rounded-lg px-2 py-1.5 text-sm ${id === current ? 'bg-card font-medium shadow-sm' : 'hover:bg-card/70'}`}
            >
              <StateMark state={state} bare />
              <span dir="auto" className="min-w-0 flex-1 truncate text-left">
                {title || id.slice(0, 8)}
              </span>
              <span className="shrink-0 text-xs text-muted">{age(updated, now).replace(' ago', '')}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
