import { type JSX, type Ref, useContext } from 'react'
import type { Row } from '../../store/rows.ts'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { againText, text } from '../../text.ts'
import { IconButton } from '../../ui/button.tsx'
import { MessageEditor } from './message-editor.tsx'
import { refusalOf } from './message-refusal.ts'
import { ToNewest } from './to-newest.ts'

type User = Extract<Row, { kind: 'user' }>

/** Says what was said once more, as it was or changed; both become new messages. */
export function AgainTools({
  row,
  onEdit,
  editRef,
}: {
  row: User
  onEdit: () => void
  editRef: Ref<HTMLButtonElement>
}): JSX.Element {
  const say = useSaying()
  const refusal = useConversation(refusalOf)
  const because = (label: string): string => (refusal === undefined ? label : `${label}. ${refusal}`)
  // It keeps its place in the order of the focus: who cannot see it has to find the reason, too.
  const look = { 'aria-disabled': refusal !== undefined, className: `size-6! ${refusal ? 'opacity-50' : ''}` }
  return (
    <>
      <IconButton
        ref={editRef}
        icon="edit"
        label={because(againText.edit)}
        {...look}
        onClick={() => refusal ?? onEdit()}
      />
      <IconButton
        icon="reload"
        label={because(againText.send)}
        {...look}
        onClick={() => refusal ?? say(row.text, row.images)}
      />
    </>
  )
}

/** What was said, to be changed and said as a new message. */
export function EditAgain({ row, onEnd }: { row: User; onEnd: () => void }): JSX.Element {
  const say = useSaying()
  const { session } = useStore()
  return (
    <MessageEditor
      name={`draft.${session}.${row.id}`}
      label={againText.field}
      text={row.text}
      images={row.images}
      refusal={useConversation(refusalOf)}
      done={text.composer.send}
      onCancel={onEnd}
      onDone={(words, images) => {
        const taken = say(words, images)
        if (taken) onEnd()
        return taken
      }}
    />
  )
}

/** Sends a message, and shows where it stands then. */
function useSaying(): (words: string, images: readonly string[]) => boolean {
  const store = useStore()
  const toNewest = useContext(ToNewest)
  return (words, images) => {
    const taken = store.say(words, images)
    if (taken) toNewest()
    return taken
  }
}
