import type { BoardEntry } from '@openhands/protocol'
import { type JSX, useState } from 'react'
import type { Board } from '../../store/board-store.ts'
import { text } from '../../text.ts'
import { fieldLook } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { useNow } from '../../ui/use-now.ts'
import { BoardRow } from './board-row.tsx'

type Group = keyof typeof text.home.groups

/** All sessions, those first that wait for somebody. */
export function BoardList({ board }: { board: Board }): JSX.Element {
  const [query, setQuery] = useState('')
  const now = useNow(10_000)
  const wanted = query.trim().toLowerCase()
  const found = board.sessions.filter(each =>
    `${each.title}\n${each.repository ?? ''}\n${each.last_line}`.toLowerCase().includes(wanted),
  )
  const groups = Object.keys(text.home.groups) as Group[] // the keys of the record are its names
  return (
    <>
      <div className="flex items-center gap-3">
        <h2 className="text-sm font-semibold">{text.home.board}</h2>
        <span className="text-xs text-muted">{board.total > 0 && board.total.toLocaleString('en')}</span>
        <div className="relative ml-auto w-56">
          <Icon name="search" className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted" />
          <input
            type="search"
            aria-label={text.home.search}
            placeholder={text.home.search}
            className={`${fieldLook} h-8 pl-8`}
            value={query}
            onChange={event => setQuery(event.target.value)}
          />
        </div>
      </div>
      {board.link === 'connecting' && board.sessions.length === 0 && (
        <p className="text-sm text-muted">{text.common.loading}</p>
      )}
      {board.link !== 'connecting' && board.sessions.length === 0 && (
        <p className="text-sm text-muted">{text.home.empty}</p>
      )}
      {wanted !== '' && found.length === 0 && <p className="text-sm text-muted">{text.home.noMatch(query)}</p>}
      {groups.map(group => (
        <BoardGroup
          key={group}
          name={text.home.groups[group]}
          sessions={found.filter(each => groupOf(each) === group)}
          now={now}
        />
      ))}
      {board.total > board.sessions.length && (
        <p className="text-xs text-muted">{text.home.beyond(board.total - board.sessions.length)}</p>
      )}
    </>
  )
}

function groupOf({ state }: BoardEntry): Group {
  if (state === 'waiting' || state === 'error') return 'waiting'
  return state === 'running' ? 'active' : 'rest'
}

function BoardGroup({
  name,
  sessions,
  now,
}: {
  name: string
  sessions: readonly BoardEntry[]
  now: number
}): JSX.Element | null {
  if (sessions.length === 0) return null
  return (
    <section aria-label={name}>
      <h3 className="mb-1 text-xs font-medium text-muted">{name}</h3>
      <ul className="divide-y divide-line rounded-xl border border-line bg-card">
        {sessions.map(session => (
          <BoardRow key={session.conversation_id} session={session} now={now} />
        ))}
      </ul>
    </section>
  )
}
