import { type ClipboardEvent, type DOMAttributes, type JSX, useState } from 'react'
import { text } from '../text.ts'
import { IconButton } from './button.tsx'
import { tooLong } from './message-limit.ts'
import { smallPicture } from './small-picture.ts'

/** A picture that somebody wants to send. */
export interface Image {
  readonly name: string
  /** A `data:` address. */
  readonly url: string
}

const MOST = 8
const MOST_BYTES = 50_000_000
const KINDS = ['image/png', 'image/jpeg', 'image/webp', 'image/gif']

/** Pictures that were pasted, dropped or chosen. */
export interface Images {
  readonly list: readonly Image[]
  readonly problem: string | undefined
  readonly choose: () => void
  readonly remove: (url: string) => void
  /** These, in the place of all. */
  readonly put: (list: readonly Image[]) => void
  readonly clear: () => void
  readonly onPaste: (event: ClipboardEvent) => void
  /** Whether something is held over the element that takes what is dropped. */
  readonly dragging: boolean
  /** For that element. */
  readonly target: Pick<DOMAttributes<HTMLElement>, 'onDragOver' | 'onDragLeave' | 'onDrop'>
}

interface ImagesOptions {
  /** Those that it begins with. */
  readonly initial?: readonly Image[]
  /** Takes files that are no pictures; without it they are refused. */
  readonly onFiles?: (files: readonly File[]) => void
}

/** Gathers pictures for a message; the limits are those of a message. */
export function useImages({ initial = [], onFiles }: ImagesOptions = {}): Images {
  const [list, setList] = useState(initial)
  const [problem, setProblem] = useState<string>()
  const [dragging, setDragging] = useState(false)
  const add = (given: Iterable<File>): boolean => {
    const files = [...given]
    const pictures = files.filter(file => KINDS.includes(file.type))
    const others = files.filter(file => !KINDS.includes(file.type))
    setProblem(others.length > 0 && !onFiles ? text.composer.onlyPictures : undefined)
    if (others.length > 0) onFiles?.(others)
    for (const file of pictures) {
      if (file.size > MOST_BYTES) setProblem(text.composer.tooBig(file.name))
      else
        smallPicture(file).then(
          url => setList(before => (before.length < MOST ? [...before, { name: file.name, url }] : before)),
          () => setProblem(text.composer.unreadable(file.name)),
        )
    }
    if (list.length + pictures.length > MOST) setProblem(text.composer.tooMany)
    return pictures.length > 0 || (others.length > 0 && onFiles !== undefined)
  }
  return {
    list,
    problem,
    dragging,
    choose: () => chooseFiles(add, onFiles === undefined),
    remove: url => setList(before => before.filter(each => each.url !== url)),
    put: setList,
    clear: () => {
      setList([])
      setProblem(undefined)
    },
    onPaste: event => {
      const long = tooLong(event.clipboardData.getData('text/plain'))
      if (add(event.clipboardData.files) || long) event.preventDefault()
      if (long) setProblem(long)
    },
    target: {
      onDragOver: event => {
        if (!event.dataTransfer.types.includes('Files')) return // words that are dragged are the field's own matter
        event.preventDefault()
        setDragging(true)
      },
      onDragLeave: event => {
        const goesTo = event.relatedTarget
        if (!(goesTo instanceof Node && event.currentTarget.contains(goesTo))) setDragging(false)
      },
      onDrop: event => {
        setDragging(false)
        const long = tooLong(event.dataTransfer.getData('text/plain'))
        if (long) setProblem(long)
        if (long || event.dataTransfer.types.includes('Files')) event.preventDefault()
        if (!event.dataTransfer.types.includes('Files')) return
        const { files, items } = event.dataTransfer
        // A folder comes as a file that cannot be read.
        const hasFolder = [...items].some(item => item.webkitGetAsEntry()?.isDirectory)
        if (hasFolder) setProblem(text.composer.noFolders)
        else add(files)
      },
    },
  }
}

function chooseFiles(add: (files: Iterable<File>) => void, onlyPictures: boolean): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  if (onlyPictures) input.accept = KINDS.join(',')
  input.onchange = () => add(input.files ?? [])
  input.click()
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
