import { type JSX, type KeyboardEvent, useState } from 'react'
import { text as words } from '../../text.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { fieldLook } from '../../ui/field.tsx'
import { ImageStrip, useImages } from '../../ui/images.tsx'
import { tooLong } from '../../ui/message-limit.ts'
import { Notice } from '../../ui/notice.tsx'
import { useKept } from '../../ui/use-kept.ts'

interface EditorProps {
  /** Names what is written, which stays while the row is out of view. */
  readonly name: string
  readonly label: string
  readonly text: string
  /** `data:` addresses of the pictures; without them there are none to change. */
  readonly images?: readonly string[]
  /** What is said instead of sending, where that is not possible. */
  readonly refusal?: string | undefined
  readonly done: string
  /** Takes it; false where it could not be taken. */
  readonly onDone: (text: string, images: readonly string[]) => boolean
  readonly onCancel: () => void
}

/** A message in a field of its own, in the place of its row. Enter is done, Escape leaves it as it was. */
export function MessageEditor(props: EditorProps): JSX.Element {
  const { name, label, text, onCancel } = props
  const [kept, setDraft] = useKept<string | undefined>(name, undefined)
  const draft = kept ?? text
  const refusal = tooLong(draft) ?? props.refusal
  const images = useImages({ initial: (props.images ?? []).map(url => ({ name: words.conversation.image, url })) })
  const [failed, setFailed] = useState(false)
  const pictures = images.list.map(each => each.url)
  const isEmpty = draft.trim() === '' && pictures.length === 0
  const cancel = (): void => {
    setDraft(undefined)
    onCancel()
  }
  const finish = (): void => {
    if (isEmpty || refusal) return
    const taken = props.onDone(draft.trim(), pictures)
    setFailed(!taken)
    if (taken) setDraft(undefined)
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') cancel()
    else if (event.key === 'Enter' && !event.shiftKey) finish()
    else return
    event.preventDefault()
  }
  const withImages = props.images !== undefined
  return (
    <div className="ml-auto flex w-full max-w-[85%] flex-col gap-2" {...(withImages ? images.target : {})}>
      <textarea
        aria-label={label}
        // biome-ignore lint/a11y/noAutofocus: somebody has just asked for the field
        autoFocus
        value={draft}
        className={`${fieldLook} field-sizing-content max-h-[35vh] resize-none py-2`}
        onChange={event => setDraft(event.target.value)}
        onKeyDown={onKey}
        {...(withImages ? { onPaste: images.onPaste } : {})}
      />
      {withImages && <ImageStrip images={images} />}
      {(refusal ?? images.problem) && <Notice tone="warn">{refusal ?? images.problem}</Notice>}
      {failed && <Notice tone="warn">{words.composer.offline}</Notice>}
      <div className="flex justify-end gap-2">
        {withImages && (
          <IconButton
            icon="image"
            label={words.composer.attachPictures}
            className="mr-auto size-7"
            onClick={images.choose}
          />
        )}
        <Button small onClick={cancel}>
          {words.common.cancel}
        </Button>
        <Button small kind="main" disabled={isEmpty || refusal !== undefined} onClick={finish}>
          {props.done}
        </Button>
      </div>
    </div>
  )
}
