import { useQuery } from '@tanstack/react-query'
import type { JSX } from 'react'
import { readServer } from '../../api/server-info.ts'
import { readSettings } from '../../api/settings.ts'
import { useBoard } from '../../store/board-store.ts'
import { hrefOf } from '../../store/route.ts'
import { text } from '../../text.ts'
import { Icon, Mark } from '../../ui/icon.tsx'
import { Notice } from '../../ui/notice.tsx'
import { BoardList } from './board-list.tsx'
import { SetupCard } from './setup-card.tsx'
import { TaskForm } from './task-form.tsx'

/** Where people arrive: a field for a task, and the board of all sessions. */
export function HomePage(): JSX.Element {
  const board = useBoard()
  const settings = useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => readSettings(signal) })
  const server = useQuery({ queryKey: ['server'], queryFn: ({ signal }) => readServer(signal) })
  const own = server.data?.settings.find(({ name }) => name === 'model')?.value
  const unset =
    settings.isSuccess && server.isSuccess && !own && !settings.data?.llm_model && !settings.data?.llm_api_key
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center gap-2 px-4">
        <Mark className="size-6" />
        <span className="font-semibold tracking-tight">{text.app.name}</span>
        <a
          href={hrefOf({ page: 'settings', section: '' })}
          className="ml-auto flex h-8 items-center gap-1.5 rounded-lg px-2 text-sm text-muted hover:bg-sunken hover:text-ink"
        >
          <Icon name="settings" />
          {text.app.settings}
        </a>
      </header>
      <main className="quiet-scroll min-h-0 flex-1 px-4 pb-16">
        <div className="mx-auto flex max-w-3xl flex-col gap-8 pt-6 sm:pt-12">
          <section className="flex flex-col gap-4">
            <h1 className="text-2xl font-semibold tracking-tight">{text.home.title}</h1>
            <TaskForm defaultModel={settings.data?.llm_model ?? null} />
            {unset && <SetupCard />}
          </section>
          <section aria-label={text.home.board} className="flex flex-col gap-3">
            {board.link === 'lost' && <Notice tone="warn">{text.home.lost}</Notice>}
            <BoardList board={board} />
          </section>
        </div>
      </main>
    </div>
  )
}
