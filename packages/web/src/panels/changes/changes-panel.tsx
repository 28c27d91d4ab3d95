import { useQueryClient } from '@tanstack/react-query'
import type { JSX } from 'react'
import { useFileWatch } from '../../store/file-watch.ts'
import { fileText } from '../../text.ts'
import { useKept } from '../../ui/use-kept.ts'
import type { PanelProps } from '../panel.ts'
import { ChangedFiles } from './changed-files.tsx'
import { CheckpointsView } from './checkpoints-view.tsx'
import { Toolbar, type View } from './toolbar.tsx'
import { useChanges } from './use-changes.ts'

/** What differs in the workspace, file by file, and the ways back. */
export function ChangesPanel({ session, calls }: PanelProps): JSX.Element {
  const [view, setView] = useKept<View>(`${session} changes view`, 'files')
  const [against, setAgainst] = useKept(`${session} changes against`, 'start')
  const queries = useQueryClient()
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: [session, 'changes'] })
  const changes = useChanges(session, calls.changes, against)
  useFileWatch(calls.files, changes.state === undefined ? undefined : changes.state !== 'not_running', refresh)
  return (
    <section aria-label={fileText.changes.title} className="@container flex h-full flex-col">
      <Toolbar
        session={session}
        calls={calls.changes}
        view={view}
        onView={setView}
        against={against}
        onAgainst={setAgainst}
        changes={changes}
        onRefresh={() => {
          refresh().catch(() => undefined) // it is shown where it fails
        }}
      />
      <div className="min-h-0 flex-1">
        {view === 'files' ? (
          <ChangedFiles session={session} calls={calls} against={against} onAgainst={setAgainst} changes={changes} />
        ) : (
          <CheckpointsView
            session={session}
            calls={calls}
            onCompare={id => {
              setAgainst(id)
              setView('files')
            }}
          />
        )}
      </div>
    </section>
  )
}
