import type { JSX } from 'react'
import { fileText } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'

const words = fileText.transfers

interface ArchiveDialogProps {
  readonly name: string
  readonly onUnpack: () => void
  readonly onKeep: () => void
  readonly onClose: () => void
}

/** What is to become of an archive. */
export function ArchiveDialog({ name, onUnpack, onKeep, onClose }: ArchiveDialogProps): JSX.Element {
  return (
    <Dialog title={words.archive(name)} onClose={onClose}>
      <div className="flex flex-col gap-4 p-5 text-sm">
        <p>{words.archiveLead}</p>
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button onClick={onKeep}>{words.keep}</Button>
          <Button kind="main" onClick={onUnpack}>
            {words.unpack}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
