import { type FormEvent, type JSX, useState } from 'react'
import { fileText, text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/failure.tsx'
import { TextField } from '../../ui/field.tsx'
import type { FileActs } from './use-file-acts.ts'

const words = fileText.files

/** Something that is asked before it is done. */
export type Asking =
  | { readonly kind: 'new-file' | 'new-folder'; readonly folder: string }
  | { readonly kind: 'move'; readonly path: string }
  | { readonly kind: 'remove'; readonly path: string; readonly isFolder: boolean }

/** The question that stands, if one does. */
export function FileDialogs({ asking, acts }: { asking: Asking | undefined; acts: FileActs }): JSX.Element | null {
  if (!asking) return null
  switch (asking.kind) {
    case 'new-file':
    case 'new-folder': {
      const isFile = asking.kind === 'new-file'
      return (
        <PathDialog
          title={isFile ? words.newFile : words.newFolder}
          label={words.pathField}
          hint={words.pathHint}
          button={words.create}
          initial={asking.folder === '' ? '' : `${asking.folder}/`}
          acts={acts}
          onPath={isFile ? acts.makeFile : acts.makeFolder}
        />
      )
    }
    case 'move':
      return (
        <PathDialog
          title={words.move}
          label={words.moveTo}
          hint={words.moveHint}
          button={words.moveButton}
          initial={asking.path}
          acts={acts}
          onPath={to => acts.move(asking.path, to)}
        />
      )
    case 'remove':
      return <RemoveDialog path={asking.path} isFolder={asking.isFolder} acts={acts} />
  }
}

interface PathDialogProps {
  readonly title: string
  readonly label: string
  readonly hint: string
  readonly button: string
  readonly initial: string
  readonly acts: FileActs
  readonly onPath: (path: string) => void
}

function PathDialog({ title, label, hint, button, initial, acts, onPath }: PathDialogProps): JSX.Element {
  const [typed, setTyped] = useState(initial)
  const path = typed.trim().replace(/^\/+|\/+$/g, '')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (path !== '' && path !== initial && !acts.isPending) onPath(path)
  }
  return (
    <Dialog title={title} onClose={acts.close}>
      <form className="flex flex-col gap-4 p-5 text-sm" onSubmit={submit}>
        <TextField
          label={label}
          hint={hint}
          value={typed}
          autoFocus
          spellCheck={false}
          autoCapitalize="off"
          maxLength={4096}
          onChange={setTyped}
        />
        {acts.problem !== undefined && <Failure problem={acts.problem} />}
        <div className="flex justify-end gap-2">
          <Button onClick={acts.close}>{text.common.cancel}</Button>
          <Button kind="main" type="submit" disabled={path === '' || path === initial || acts.isPending}>
            {button}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function RemoveDialog({ path, isFolder, acts }: { path: string; isFolder: boolean; acts: FileActs }): JSX.Element {
  return (
    <Dialog title={words.remove} onClose={acts.close}>
      <div className="flex flex-col gap-4 p-5 text-sm">
        <p className="break-words">{isFolder ? words.removeFolder(path) : words.removeFile(path)}</p>
        <p className="text-muted">{words.removeHint}</p>
        {acts.problem !== undefined && <Failure problem={acts.problem} />}
        <div className="flex justify-end gap-2">
          <Button onClick={acts.close}>{text.common.cancel}</Button>
          <Button kind="danger" icon="trash" disabled={acts.isPending} onClick={() => acts.remove(path)}>
            {words.remove}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
