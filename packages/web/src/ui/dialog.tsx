import { type JSX, type ReactNode, useEffect, useId, useRef } from 'react'
import { text } from '../text.ts'
import { IconButton } from './button.tsx'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
  /** Without its own headline, as the palette is. */
  readonly bare?: boolean
  readonly wide?: boolean
}

/** A window over the page; it keeps the focus and Escape closes it. It stands as long as it is drawn. */
export function Dialog({ title, onClose, children, bare, wide }: DialogProps): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  useEffect(() => {
    const dialog = ref.current
    // What is around it belongs to it: whoever clicks there wants it away, as by Escape.
    const onClick = (event: MouseEvent): void => {
      if (event.target === dialog) onClose()
    }
    dialog?.addEventListener('click', onClick)
    return () => dialog?.removeEventListener('click', onClick)
  }, [onClose])
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      className={`${wide ? 'max-w-3xl' : 'max-w-lg'} w-[calc(100vw-2rem)] rounded-2xl border border-line bg-card p-0 shadow-2xl`}
      onCancel={onClose}
    >
      <div className="flex max-h-[85vh] flex-col">
        <div
          className={bare ? 'sr-only' : 'flex items-center justify-between gap-4 border-b border-line py-2 pr-2 pl-5'}
        >
          <h2 id={id} className="font-semibold">
            {title}
          </h2>
          {!bare && <IconButton icon="cross" label={text.common.close} onClick={onClose} />}
        </div>
        <div className="quiet-scroll min-h-0">{children}</div>
      </div>
    </dialog>
  )
}
