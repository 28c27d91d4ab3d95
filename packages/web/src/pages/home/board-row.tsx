import type { BoardEntry } from '@openhands/protocol'
import { type JSX, memo, useState } from 'react'
import { deleteConversation } from '../../api/conversations.ts'
import { hrefOf } from '../../store/route.ts'
import { text, troubles } from '../../text.ts'
import { StateMark } from '../../ui/board-state.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { age, dollars } from '../../ui/format.ts'

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
          className="block truncate text-sm font-medium after:absolute after:inset-0"
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
      <IconButton
        icon="trash"
        label={`${text.common.remove}: ${title}`}
        className="relative z-10 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 max-sm:hidden"
        onClick={() => setDeleting(true)}
      />
      {deleting && <DeleteDialog id={id} title={title} onClose={() => setDeleting(false)} />}
    </li>
  )
})

function lineOf({ state, waits_for, trouble, last_line }: BoardEntry): string {
  if (state === 'waiting') return waits_for === 'confirmation' ? text.home.needsYes : text.home.needsWords
  return trouble === undefined ? last_line : (troubles.get(trouble) ?? trouble)
}

function DeleteDialog({ id, title, onClose }: { id: string; title: string; onClose: () => void }): JSX.Element {
  const [failed, setFailed] = useState(false)
  const remove = (): void => {
    deleteConversation(id).then(onClose, () => setFailed(true))
  }
  return (
    <Dialog title={text.common.remove} onClose={onClose}>
      <div className="flex flex-col gap-4 p-5 text-sm">
        <p>{text.home.deleteSure(title)}</p>
        {failed && <p role="alert">{text.common.failed}</p>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="danger" icon="trash" onClick={remove}>
            {text.common.remove}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
