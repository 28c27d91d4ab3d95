import type { BoardEntry } from '@openhands/protocol'
import { type JSX, memo, useState } from 'react'
import { hrefOf } from '../../store/route.ts'
import { text, troubles } from '../../text.ts'
import { StateMark } from '../../ui/board-state.tsx'
import { IconButton } from '../../ui/button.tsx'
import { age, dollars } from '../../ui/format.ts'
import { DeleteDialog } from '../delete-dialog.tsx'

/** One session of the board: how it stands, what it said last, what it cost and how old that is. */
export const BoardRow = memo(function BoardRow({ session, now }: { session: BoardEntry; now: number }): JSX.Element {
  const { conversation_id: id, title, state, cost, updated, repository } = session
  const [deleting, setDeleting] = useState(false)
  return (
    <li className="group relative flex items-center gap-3 px-4 py-2.5 first:rounded-t-xl last:rounded-b-xl hover:bg-sunken/60">
      <div className="w-26 shrink-0 max-sm:hidden">
        <StateMark state={state} />
      </div>
      <div className="min-w-0 flex-1">
        <a
          href={hrefOf({ page: 'conversation', id, event: undefined })}
          dir="auto"
          title={title}
          className="block truncate text-left text-sm font-medium after:absolute after:inset-0"
        >
          {title || id.slice(0, 8)}
        </a>
        <p className="flex items-baseline gap-2 truncate text-xs text-muted">
          <span className="text-ink sm:hidden">
            <StateMark state={state} />
          </span>
          {repository && <span>{repository}</span>}
          <span className="truncate">{lineOf(session)}</span>
        </p>
      </div>
      <div className="flex shrink-0 flex-col items-end text-xs text-muted tabular-nums">
        <time dateTime={updated}>{age(updated, now)}</time>
        <span title={text.home.cost(dollars(cost))}>{cost > 0 ? dollars(cost) : ''}</span>
      </div>
      {/* Under a pointer it comes in the place of age and cost; a finger, which hovers over nothing, always finds it. */}
      <span className="right-2 z-10 flex rounded-lg bg-card pointer-coarse:relative pointer-coarse:-mr-2.5 pointer-fine:absolute pointer-fine:opacity-0 pointer-fine:group-focus-within:opacity-100 pointer-fine:group-hover:opacity-100">
        <IconButton icon="trash" label={`${text.common.remove}: ${title}`} onClick={() => setDeleting(true)} />
      </span>
      {deleting && <DeleteDialog id={id} title={title} onClose={() => setDeleting(false)} />}
    </li>
  )
})

function lineOf({ state, waits_for, trouble, last_line }: BoardEntry): string {
  if (state === 'waiting') return waits_for === 'confirmation' ? text.home.needsYes : text.home.needsWords
  return trouble === undefined ? last_line : (troubles.get(trouble) ?? trouble)
}
