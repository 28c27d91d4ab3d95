import type { JSX, KeyboardEvent, ReactNode, RefObject } from 'react'
import { text } from '../text.ts'
import { ImageStrip, type Images } from './images.tsx'

interface WordsFieldProps {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly onChange: (words: string) => void
  /** Enter was pressed on a keyboard; on one that is drawn on a screen it makes a new line, and the button sends. */
  readonly onEnter: () => void
  readonly images: Images
  /** Lines that it has while it holds less. */
  readonly rows: number
  readonly autoFocus?: boolean
  readonly field?: RefObject<HTMLTextAreaElement | null>
  /** What stands below the words. */
  readonly children: ReactNode
}

/** Where somebody writes to an agent: words that grow with what is written, and pictures by paste and drop. */
export function WordsField(props: WordsFieldProps): JSX.Element {
  const { label, placeholder, value, onChange, onEnter, images, rows, autoFocus = false, field, children } = props
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.metaKey) return
    if (event.nativeEvent.isComposing || isTouch()) return
    event.preventDefault()
    onEnter()
  }
  return (
    <div
      className={`relative rounded-2xl border bg-card shadow-sm focus-within:border-accent ${images.dragging ? 'border-dashed border-accent' : 'border-strong-line/50'}`}
      {...images.target}
    >
      <textarea
        ref={field}
        rows={rows}
        aria-label={label}
        // biome-ignore lint/a11y/noAutofocus: asked for where the field is what the page is for
        autoFocus={autoFocus}
        placeholder={placeholder}
        value={value}
        dir="auto"
        style={{ minHeight: `${rows * 1.5 + 1}rem` }}
        enterKeyHint="enter"
        className="block max-h-[40vh] w-full resize-none bg-transparent px-4 pt-3 pb-1 outline-none placeholder:text-muted pointer-coarse:text-[1rem] field-sizing-content"
        onChange={event => onChange(event.target.value)}
        onKeyDown={onKey}
        onPaste={images.onPaste}
      />
      <ImageStrip images={images} />
      {children}
      {images.dragging && (
        <p className="pointer-events-none absolute inset-0 flex items-center justify-center rounded-2xl bg-card/90 text-sm font-medium text-accent">
          {text.composer.drop}
        </p>
      )}
    </div>
  )
}

/** Whether who looks at the page touches it. */
export function isTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches
}
