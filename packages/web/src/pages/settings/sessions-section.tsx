import type { BoardEntry } from '@openhands/protocol'
import { type JSX, useState } from 'react'
import { RequestError } from '../../api/request.ts'
import { downloadTrajectory } from '../../api/trajectory.ts'
import { useBoard } from '../../store/board-store.ts'
import { hrefOf } from '../../store/route.ts'
import { settingsText, text } from '../../text.ts'
import { StateMark } from '../../ui/board-state.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { fieldLook } from '../../ui/field.tsx'
import { age } from '../../ui/format.ts'
import { Notice } from '../../ui/notice.tsx'
import { useNow } from '../../ui/use-now.ts'
import { DeleteDialog } from '../delete-dialog.tsx'
import { FailureNotice } from './failure-notice.tsx'
import { Section } from './section.tsx'

const words = settingsText.sessions
const SHOWN = 10

/** Every session, to be taken along or away. */
export function SessionsSection(): JSX.Element {
  const board = useBoard()
  const now = useNow(10_000)
  const [query, setQuery] = useState('')
  const [most, setMost] = useState(SHOWN)
  const wanted = query.trim().toLowerCase()
  const found = board.sessions.filter(({ title }) => title.toLowerCase().includes(wanted))
  return (
    <Section id="sessions" title={settingsText.sections.sessions}>
      <p className="text-sm text-muted">{words.lead}</p>
      {board.link === 'lost' && <Notice tone="warn">{text.home.lost}</Notice>}
      {board.sessions.length > SHOWN && (
        <input
          type="search"
          aria-label={words.search}
          placeholder={words.search}
          className={`${fieldLook} h-9`}
          value={query}
          onChange={event => setQuery(event.target.value)}
        />
      )}
      {board.sessions.length === 0 && (
        <p className="text-sm text-muted">{board.link === 'connecting' ? text.common.loading : words.empty}</p>
      )}
      {board.sessions.length > 0 && found.length === 0 && (
        <p className="text-sm text-muted">{text.home.noMatch(query)}</p>
      )}
      <ul className="divide-y divide-line">
        {found.slice(0, most).map(each => (
          <Row key={each.conversation_id} session={each} now={now} />
        ))}
      </ul>
      {found.length > most && (
        <Button small className="self-start" onClick={() => setMost(most + 50)}>
          {words.more(Math.min(50, found.length - most))}
        </Button>
      )}
      {board.total > board.sessions.length && (
        <p className="text-xs text-muted">{text.home.beyond(board.total - board.sessions.length)}</p>
      )}
    </Section>
  )
}

type Work = 'none' | 'loading' | Error

function Row({ session, now }: { session: BoardEntry; now: number }): JSX.Element {
  const { conversation_id: id, title, state, updated } = session
  const [work, setWork] = useState<Work>('none')
  const [asking, setAsking] = useState(false)
  const name = title || id.slice(0, 8)
  const fail = (error: unknown): void =>
    setWork(error instanceof Error ? error : new RequestError(0, text.common.failed))
  const download = (): void => {
    setWork('loading')
    downloadTrajectory(id, `${fileName(name)}-${id.slice(0, 8)}.json`).then(() => setWork('none'), fail)
  }
  return (
    <li className="py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <StateMark state={state} bare />
        <a
          href={hrefOf({ page: 'conversation', id, event: undefined })}
          className="min-w-40 flex-1 truncate text-sm hover:underline"
        >
          {name}
        </a>
        <span className="text-xs text-muted">{age(updated, now)}</span>
        <Button
          small
          icon="download"
          aria-label={`${words.download}: ${name}`}
          disabled={work === 'loading'}
          onClick={download}
        >
          {work === 'loading' ? words.downloading : words.download}
        </Button>
        <IconButton
          icon="trash"
          label={`${text.common.remove}: ${name}`}
          disabled={work === 'loading'}
          onClick={() => setAsking(true)}
        />
      </div>
      {work instanceof Error && <FailureNotice error={work} />}
      {asking && <DeleteDialog id={id} title={name} onClose={() => setAsking(false)} />}
    </li>
  )
}

/** A title as part of a file's name, whatever a model or a user has put into it. */
function fileName(title: string): string {
  const plain = title
    .normalize('NFKD')
    .replace(/[^\w]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return plain.slice(0, 40) || 'session'
}
