import type { JSX } from 'react'
import type { ChangeCalls } from '../../api/changes.ts'
import { fileText } from '../../text.ts'
import { IconButton } from '../../ui/button.tsx'
import { Select } from '../../ui/field.tsx'
import type { ChangesView } from './use-changes.ts'
import { useCheckpoints } from './use-checkpoints.ts'

/** What the panel shows. */
export type View = 'files' | 'checkpoints'

interface ToolbarProps {
  readonly session: string
  readonly calls: ChangeCalls
  readonly view: View
  readonly onView: (view: View) => void
  readonly against: string
  readonly onAgainst: (against: string) => void
  readonly changes: ChangesView
  readonly onRefresh: () => void
}

const words = fileText.changes
/** A choice of more would be no choice; the list of checkpoints has them all. */
const MOST_CHOICES = 30

/** What is compared with what. */
export function Toolbar(props: ToolbarProps): JSX.Element {
  const { session, calls, view, onView, against, onAgainst, changes, onRefresh } = props
  const { data } = useCheckpoints(session, calls)
  const checkpoints = data?.checkpoints ?? []
  const oldest = checkpoints.at(-1)
  const listed = checkpoints.filter(({ id }, index) => index < MOST_CHOICES || id === against)
  const options: Record<string, string> = {
    start: oldest ? words.startAt(timeOf(oldest.taken)) : words.start,
    head: words.head,
    ...Object.fromEntries(listed.map(({ id, label, taken }) => [id, words.checkpoint(label, timeOf(taken))])),
  }
  if (!Object.hasOwn(options, against)) options[against] = against
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-2">
      <fieldset className="flex rounded-lg bg-sunken p-0.5">
        <legend className="sr-only">{words.ways}</legend>
        {(['files', 'checkpoints'] as const).map(each => (
          <button
            key={each}
            type="button"
            aria-pressed={view === each}
            className={`h-8 rounded-md px-2.5 text-sm ${view === each ? 'bg-card font-medium shadow-sm' : 'text-muted hover:text-ink'}`}
            onClick={() => onView(each)}
          >
            {words[each]}
          </button>
        ))}
      </fieldset>
      {view === 'files' && (
        <div className="min-w-0 flex-1 basis-40">
          <Select label={words.against} bare value={against} options={options} onChange={onAgainst} />
        </div>
      )}
      <IconButton
        icon="reload"
        label={words.refresh}
        className={`ml-auto ${changes.isLoading ? 'breathing' : ''}`}
        onClick={onRefresh}
      />
    </div>
  )
}

/** The moment of a checkpoint, with the day where it is not today's. */
export function timeOf(taken: number): string {
  const date = new Date(taken)
  const isToday = date.toDateString() === new Date().toDateString()
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' }
  return date.toLocaleString([], isToday ? time : { ...time, day: 'numeric', month: 'short' })
}
