import { type ClipboardEvent, type DragEvent, type JSX, useState } from 'react'
import { text } from '../text.ts'
import { IconButton } from './button.tsx'

/** A picture that somebody wants to send. */
export interface Image {
  readonly name: string
  /** A `data:` address. */
  readonly url: string
}

const MOST = 8
const MOST_BYTES = 5_000_000
const KINDS = ['image/png', 'image/jpeg', 'image/webp', 'image/gif']

/** Pictures that were pasted, dropped or chosen. */
export interface Images {
  readonly list: readonly Image[]
  readonly problem: string | undefined
  readonly choose: () => void
  readonly remove: (url: string) => void
  readonly clear: () => void
  readonly onPaste: (event: ClipboardEvent) => void
  /** For the element that takes what is dropped. */
  readonly target: { onDragOver: (event: DragEvent) => void; onDrop: (event: DragEvent) => void }
}

/** Gathers pictures for a message; the limits are those of a message. */
export function useImages(): Images {
  const [list, setList] = useState<readonly Image[]>([])
  const [problem, setProblem] = useState<string>()
  const add = (files: Iterable<File>): boolean => {
    const pictures = [...files].filter(file => KINDS.includes(file.type))
    for (const file of pictures) {
      if (file.size > MOST_BYTES) setProblem(text.composer.tooBig(file.name))
      else
        read(file).then(
          url => setList(before => (before.length < MOST ? [...before, { name: file.name, url }] : before)),
          () => setProblem(text.common.failed),
        )
    }
    if (list.length + pictures.length > MOST) setProblem(text.composer.tooMany)
    return pictures.length > 0
  }
  return {
    list,
    problem,
    choose: () => chooseFiles(add),
    remove: url => setList(before => before.filter(each => each.url !== url)),
    clear: () => {
      setList([])
      setProblem(undefined)
    },
    onPaste: event => {
      if (add(event.clipboardData.files)) event.preventDefault()
    },
    target: {
      onDragOver: event => event.preventDefault(),
      onDrop: event => {
        event.preventDefault()
        add(event.dataTransfer.files)
      },
    },
  }
}

function chooseFiles(add: (files: Iterable<File>) => void): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  input.accept = KINDS.join(',')
  input.onchange = () => add(input.files ?? [])
  input.click()
}

function read(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error ?? new Error('cannot be read'))
    reader.readAsDataURL(file)
  })
}

/** The gathered pictures, each with a way to take it out again. */
export function ImageStrip({ images }: { images: Images }): JSX.Element | null {
  if (images.list.length === 0) return null
  return (
    <ul className="flex flex-wrap gap-2 px-4 pt-2">
      {images.list.map(image => (
        <li key={image.url} className="relative">
          <img src={image.url} alt={image.name} className="size-16 rounded-lg border border-line object-cover" />
          <IconButton
            icon="cross"
            label={text.composer.removeImage}
            kind="plain"
            className="absolute -top-2 -right-2 size-6 rounded-full"
            onClick={() => images.remove(image.url)}
          />
        </li>
      ))}
    </ul>
  )
}
