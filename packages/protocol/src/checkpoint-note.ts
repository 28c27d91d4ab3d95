import type { Event, EventId } from './event.ts'
import { isAction } from './event.ts'

/** What happened after the workspace was kept: the newest thing that found it as the checkpoint has it. */
export interface CheckpointNote {
  /** The checkpoint. */
  readonly id: string
  readonly event: EventId
  /** A line: `before npm test`. */
  readonly label: string
}

/** So many checkpoints are remembered by what followed them; a sandbox keeps no more. */
export const CHECKPOINTS = 200
const LONGEST = 120

/** The notes after an event, the newest at the end. What is answered tells which checkpoint came before it. */
export function noted(
  notes: readonly CheckpointNote[],
  open: readonly { readonly action: Event }[],
  event: Event,
): readonly CheckpointNote[] {
  if (isAction(event)) {
    if (event.action !== 'restore') return notes
    const label = `before going back to: ${event.args.label || event.args.checkpoint}`
    return added(notes, { id: event.args.before, event: event.id, label: shortened(label) })
  }
  const { checkpoint, cause } = event
  const action = checkpoint === undefined ? undefined : open.find(each => each.action.id === cause)?.action
  if (checkpoint === undefined || action === undefined) return notes
  return added(notes, { id: checkpoint, event: action.id, label: shortened(`before ${deedOf(action)}`) })
}

function added(notes: readonly CheckpointNote[], note: CheckpointNote): readonly CheckpointNote[] {
  return [...notes.filter(({ id }) => id !== note.id).slice(1 - CHECKPOINTS), note]
}

/** The label of a checkpoint: what followed it where the log knows that, otherwise what it was taken under. */
export function checkpointLabel(
  notes: readonly CheckpointNote[],
  kept: { readonly id: string; readonly label: string },
): string {
  return notes.find(({ id }) => id === kept.id)?.label ?? kept.label
}

function deedOf(action: Event): string {
  if (!isAction(action)) return 'an action'
  switch (action.action) {
    case 'run':
      return action.args.hidden ? 'a command' : firstLine(action.args.command)
    case 'run_ipython':
      return `Python: ${firstLine(action.args.code)}`
    case 'edit':
      return `${action.args.command === 'create' ? 'the creation' : 'an edit'} of ${action.args.path}`
    case 'write':
      return `writing ${action.args.path}`
    default:
      return 'an action'
  }
}

function firstLine(text: string): string {
  const [line = '', ...rest] = text.trim().split('\n', 2)
  return rest.length > 0 ? `${line.trimEnd()} …` : line
}

function shortened(label: string): string {
  return (label.length > LONGEST ? `${label.slice(0, LONGEST - 1)}…` : label).toWellFormed()
}
