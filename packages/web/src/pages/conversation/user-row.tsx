import { type JSX, useRef } from 'react'
import type { Outgoing } from '../../store/outbox.ts'
import type { Row } from '../../store/rows.ts'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { text as words } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { ClippedText } from '../../ui/clipped-text.tsx'
import { Picture } from '../../ui/picture.tsx'
import { useKept } from '../../ui/use-kept.ts'
import { AgainTools, EditAgain } from './again.tsx'
import { MessageEditor } from './message-editor.tsx'
import { WithTools } from './with-tools.tsx'

type User = Extract<Row, { kind: 'user' }>

/** What the user said; as long as the model has not read it, it can be changed and taken back (F03), then said again. */
export function UserRow({ row }: { row: User }): JSX.Element {
  const { session } = useStore()
  const [editing, setEditing] = useKept(`editing.${session}.${row.id}`, false)
  const editButton = useRef<HTMLButtonElement>(null)
  const queued = useConversation(view => view.state.queue.includes(row.id) && view.state.agentState === 'running')
  const waits = queued && !row.withdrawn
  const end = (): void => {
    setEditing(false)
    requestAnimationFrame(() => editButton.current?.focus())
  }
  if (editing) return waits ? <Amending row={row} onDone={end} /> : <EditAgain row={row} onEnd={end} />
  const edit = (): void => setEditing(true)
  const again = !waits && <AgainTools row={row} onEdit={edit} editRef={editButton} />
  return (
    <WithTools row={row} text={row.text} right more={again}>
      <Bubble text={row.text} images={row.images} faint={row.withdrawn} />
      {row.withdrawn && <p className="mt-0.5 text-right text-xs text-muted">{words.conversation.takenBack}</p>}
      {waits && <Waiting id={row.id} onChange={edit} />}
    </WithTools>
  )
}

/** Messages that the log does not have yet. */
export function OutgoingRow({ message }: { message: Outgoing }): JSX.Element {
  return (
    <div>
      <Bubble text={message.text} images={message.images} faint />
      <p className="breathing mt-0.5 text-right text-xs text-muted">{words.conversation.sending}</p>
    </div>
  )
}

function Bubble({ text, images, faint }: { text: string; images: readonly string[]; faint: boolean }): JSX.Element {
  return (
    <div
      className={`ml-auto w-fit max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-4 py-2 ${faint ? 'opacity-60' : ''}`}
    >
      <span className="sr-only">{words.conversation.you}: </span>
      <ClippedText plain text={text} lines={40} />
      {images.length > 0 && (
        <div className="mt-2 flex flex-wrap gap-2">
          {images.map(url => (
            <Picture key={url} url={url} alt={words.conversation.image} className="max-h-48 rounded-lg" />
          ))}
        </div>
      )}
    </div>
  )
}

function Waiting({ id, onChange }: { id: number; onChange: () => void }): JSX.Element {
  const store = useStore()
  const takeBack = (): void => {
    store.send({ action: 'amend', args: { message: id, content: null } })
  }
  return (
    <div className="mt-1 flex items-center justify-end gap-1 text-xs text-muted">
      <span className="mr-1">{words.conversation.queued}</span>
      <Button small kind="quiet" icon="edit" onClick={onChange}>
        {words.conversation.amend}
      </Button>
      <Button small kind="quiet" icon="cross" onClick={takeBack}>
        {words.conversation.takeBack}
      </Button>
    </div>
  )
}

function Amending({ row, onDone }: { row: User; onDone: () => void }): JSX.Element {
  const store = useStore()
  return (
    <MessageEditor
      name={`draft.${store.session}.${row.id}`}
      label={words.conversation.amendField}
      text={row.text}
      done={words.common.save}
      onCancel={onDone}
      onDone={content => {
        const taken = content === row.text || store.send({ action: 'amend', args: { message: row.id, content } })
        if (taken) onDone()
        return taken
      }}
    />
  )
}
