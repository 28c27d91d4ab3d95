import { type JSX, useState } from 'react'
import { deleteConversation } from '../api/conversations.ts'
import { problemOf } from '../store/problem.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Failure } from '../ui/failure.tsx'

interface DeleteDialogProps {
  readonly id: string
  readonly title: string
  readonly onClose: () => void
}

/** Deletes a session once somebody has said so twice. */
export function DeleteDialog({ id, title, onClose }: DeleteDialogProps): JSX.Element {
  const [work, setWork] = useState<{ readonly deleting?: true; readonly problem?: string | undefined }>({})
  const remove = (): void => {
    setWork({ deleting: true })
    deleteConversation(id).then(onClose, (error: unknown) => setWork({ problem: problemOf(error) }))
  }
  return (
    <Dialog title={text.common.remove} onClose={onClose}>
      <div className="flex flex-col gap-4 p-5 text-sm">
        <p className="break-words">{text.home.deleteSure(title)}</p>
        {work.problem !== undefined && <Failure problem={work.problem} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="danger" icon="trash" disabled={work.deleting} onClick={remove}>
            {work.deleting ? text.common.removing : text.common.remove}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
