import { type DragEvent, useState } from 'react'
import { chooseFiles, droppedFiles, type PickedFiles } from './picked-files.ts'
import type { Picked, Skipped, Transfers } from './transfers.ts'

/** Files that are chosen or dropped. */
export interface Uploads {
  /** A single archive, of which it has to be said what shall become of it. */
  readonly archive: Picked | undefined
  readonly onUnpack: () => void
  readonly onKeep: () => void
  readonly onForget: () => void
  readonly choose: (folder: string) => void
  /** The folder over which something is held; empty for the workspace, undefined for none. */
  readonly over: string | undefined
  /** For the element that takes what is dropped; a part of it with `data-folder` takes it for that folder. */
  readonly target: {
    readonly onDragOver: (event: DragEvent) => void
    readonly onDragLeave: (event: DragEvent) => void
    readonly onDrop: (event: DragEvent) => void
  }
}

/** Gathers files and sends them; calls back when they have been sent. */
export function useUploads(transfers: Transfers, onSent: () => void): Uploads {
  const [archive, setArchive] = useState<Picked>()
  const [over, setOver] = useState<string>()
  const send = (files: readonly Picked[], leftOut: readonly Skipped[] = []): void => {
    transfers.upload(files, 'ask', leftOut).then(onSent, () => undefined) // what fails is in its report
  }
  const take = ({ files, leftOut }: PickedFiles): void => {
    const [first] = files
    if (files.length === 1 && leftOut.length === 0 && first && /\.zip$/i.test(first.file.name)) setArchive(first)
    else send(files, leftOut)
  }
  const settle = (act: (picked: Picked) => void) => (): void => {
    if (archive) act(archive)
    setArchive(undefined)
  }
  return {
    archive,
    onUnpack: settle(({ file }) => {
      transfers.unpack(file).then(onSent, () => undefined) // what fails is in its report
    }),
    onKeep: settle(picked => send([picked])),
    onForget: () => setArchive(undefined),
    choose: folder => chooseFiles(folder, take),
    over,
    target: {
      onDragOver: event => {
        if (!event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        setOver(folderAt(event))
      },
      onDragLeave: event => {
        const to = event.relatedTarget
        if (!(to instanceof Node && event.currentTarget.contains(to))) setOver(undefined)
      },
      onDrop: event => {
        event.preventDefault()
        setOver(undefined)
        droppedFiles(event.dataTransfer, folderAt(event)).then(take, () => undefined) // a file that cannot be read any more
      },
    },
  }
}

function folderAt({ target }: DragEvent): string {
  const row = target instanceof Element ? target.closest('[data-folder]') : null
  return row?.getAttribute('data-folder') ?? ''
}
