import { useQueryClient } from '@tanstack/react-query'
import { type JSX, useState } from 'react'
import { type Touched, useFileWatch } from '../../store/file-watch.ts'
import { useStart } from '../../store/use-start.ts'
import { fileText } from '../../text.ts'
import { Asleep } from '../../ui/asleep.tsx'
import { Failure } from '../../ui/failure.tsx'
import { useKept } from '../../ui/use-kept.ts'
import { Wait } from '../../ui/wait.tsx'
import type { PanelProps } from '../panel.ts'
import { ArchiveDialog } from './archive-dialog.tsx'
import { FileDialogs } from './file-dialogs.tsx'
import { type Chosen, FilesToolbar } from './files-toolbar.tsx'
import { OpenFile } from './open-file.tsx'
import { TransferBar } from './transfer-bar.tsx'
import { transfersOf } from './transfers.ts'
import { TreePart } from './tree-part.tsx'
import { useFileActs } from './use-file-acts.ts'
import { useTree } from './use-tree.ts'
import { useUploads } from './use-uploads.ts'

const anything: Touched = { paths: [], all: true }

/** The files of the workspace: its tree, and one of them open beside it, or in its place where there is no room. */
export function FilesPanel({ session, calls }: PanelProps): JSX.Element {
  const { files } = calls
  const [chosen, setChosen] = useKept<Chosen | undefined>(`${session} files chosen`, undefined)
  const [open, setOpen] = useKept<string | undefined>(`${session} files file`, undefined)
  const queries = useQueryClient()
  const tree = useTree(session, files)
  const start = useStart(session, calls.sandbox)
  const [transfers] = useState(() => transfersOf(session, files))
  const refresh = (touched: Touched): Promise<unknown> => {
    const isIn = (path: string): boolean => path === '' || `${open}/`.startsWith(`${path}/`)
    const isOpen = open !== undefined && (touched.all || touched.paths.some(isIn))
    const content = { queryKey: [session, 'files', 'content', open] }
    return Promise.all([tree.refresh(touched), isOpen && queries.invalidateQueries(content)])
  }
  const look = (): void => {
    refresh(anything).catch(() => undefined) // it is shown where it fails
  }
  useFileWatch(files, tree.running, refresh)
  const uploads = useUploads(transfers, look)
  const choose = (path: string, isFolder: boolean): void => setChosen({ path, isFolder })
  const acts = useFileActs(session, files, {
    onMade: (path, isFolder) => {
      choose(path, isFolder)
      if (!isFolder) setOpen(path)
    },
    onMoved: (from, to) => {
      if (chosen?.path === from) choose(to, chosen.isFolder)
      if (open !== undefined && `${open}/`.startsWith(`${from}/`)) setOpen(to + open.slice(from.length))
    },
    onRemoved: path => {
      if (chosen?.path === path) setChosen(undefined)
      if (open !== undefined && `${open}/`.startsWith(`${path}/`)) setOpen(undefined)
    },
  })
  const download = (path: string | undefined): void => {
    transfers.download(path).catch(() => undefined) // what fails is shown by its bar
  }
  if (tree.problem !== undefined)
    return (
      <div className="p-4">
        <Failure problem={tree.problem} onRetry={look} />
      </div>
    )
  if (tree.running === undefined) return <Wait />
  if (!tree.running) return <Asleep lead={fileText.asleep} {...start} />
  return (
    <section aria-label={fileText.files.title} className="@container flex h-full flex-col">
      <div className="flex min-h-0 flex-1">
        <div
          className={`h-full min-w-0 flex-col ${open === undefined ? 'flex flex-1' : 'hidden w-72 shrink-0 border-r border-line @3xl:flex'}`}
        >
          <FilesToolbar
            chosen={chosen}
            isLoading={tree.isLoading}
            onAsk={acts.ask}
            onUpload={uploads.choose}
            onDownload={download}
            onRefresh={look}
          />
          <TreePart
            session={session}
            tree={tree}
            uploads={uploads}
            chosen={chosen}
            onChoose={choose}
            onOpen={setOpen}
            onAsk={acts.ask}
          />
        </div>
        {open !== undefined && (
          <OpenFile
            key={open}
            session={session}
            calls={files}
            path={open}
            onClose={() => setOpen(undefined)}
            onDownload={download}
          />
        )}
      </div>
      <TransferBar transfers={transfers} onSent={look} />
      <FileDialogs asking={acts.asking} acts={acts} />
      {uploads.archive && (
        <ArchiveDialog
          name={uploads.archive.file.name}
          onUnpack={uploads.onUnpack}
          onKeep={uploads.onKeep}
          onClose={uploads.onForget}
        />
      )}
    </section>
  )
}
