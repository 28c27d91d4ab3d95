import { type JSX, type KeyboardEvent, useState } from 'react'
import type { Outgoing } from '../../store/outbox.ts'
import type { Row } from '../../store/rows.ts'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { text as words } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { fieldLook } from '../../ui/field.tsx'
import { Picture } from '../../ui/picture.tsx'
import { WithTools } from './with-tools.tsx'

type User = Extract<Row, { kind: 'user' }>

/** What the user said; as long as the model has not read it, it can be changed and taken back (F03). */
export function UserRow({ row }: { row: User }): JSX.Element {
  const [editing, setEditing] = useState(false)
  const waits = useConversation(view => view.state.queue.includes(row.id))
  const busy = useConversation(view => view.state.agentState === 'running')
  if (editing) return <Amending row={row} onDone={() => setEditing(false)} />
  return (
    <WithTools row={row} text={row.text} right>
      <Bubble text={row.text} images={row.images} faint={row.withdrawn} />
      {row.withdrawn && <p className="mt-0.5 text-right text-xs text-muted">{words.conversation.takenBack}</p>}
      {waits && busy && !row.withdrawn && <Waiting id={row.id} onChange={() => setEditing(true)} />}
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
      <p className="break-words whitespace-pre-wrap">{text}</p>
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
  const [draft, setDraft] = useState(row.text)
  const save = (): void => {
    const content = draft.trim()
    if (content === '') return
    if (content === row.text || store.send({ action: 'amend', args: { message: row.id, content } })) onDone()
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onDone()
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    save()
  }
  return (
    <div className="ml-auto flex w-full max-w-[85%] flex-col gap-2">
      <textarea
        aria-label={words.conversation.amendField}
        // biome-ignore lint/a11y/noAutofocus: somebody has just asked for the field
        autoFocus
        value={draft}
        className={`${fieldLook} field-sizing-content max-h-[35vh] resize-none py-2`}
        onChange={event => setDraft(event.target.value)}
        onKeyDown={onKey}
      />
      <div className="flex justify-end gap-2">
        <Button small onClick={onDone}>
          {words.common.cancel}
        </Button>
        <Button small kind="main" onClick={save}>
          {words.common.save}
        </Button>
      </div>
    </div>
  )
}
