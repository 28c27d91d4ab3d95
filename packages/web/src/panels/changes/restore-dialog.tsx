import type { CheckpointInfo } from '@openhands/protocol'
import type { JSX } from 'react'
import { fileText, text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/failure.tsx'
import { Notice } from '../../ui/notice.tsx'
import { timeOf } from './toolbar.tsx'
import type { Restoring } from './use-restore.ts'

const words = fileText.checkpoints

interface RestoreDialogProps {
  readonly checkpoint: CheckpointInfo
  readonly restoring: Restoring
  readonly busy: boolean
  readonly onClose: () => void
}

/** Says what going back does, before it is done. */
export function RestoreDialog({ checkpoint, restoring, busy, onClose }: RestoreDialogProps): JSX.Element {
  const { id, label, taken } = checkpoint
  return (
    <Dialog title={words.sure} onClose={onClose}>
      <div className="flex flex-col gap-4 p-5 text-sm">
        <p className="break-words">{words.what(label, timeOf(taken))}</p>
        <ul className="list-disc space-y-1 pl-5 text-muted">
          {words.effects.map(each => (
            <li key={each}>{each}</li>
          ))}
        </ul>
        {busy && <Notice tone="warn">{words.atWork}</Notice>}
        {restoring.problem !== undefined && <Failure problem={restoring.problem} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="danger" disabled={busy || restoring.isPending} onClick={() => restoring.go(id, onClose)}>
            {restoring.isPending ? <span role="status">{words.doing}</span> : words.restore}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
