import type { ActionOf, ObservationOf } from '@openhands/protocol'
import { type DiffLine, lineDiff } from '../../../ui/line-diff.ts'

/** What an edit changes: what it did where that is known, otherwise what it asks for. */
export function diffOf(
  { args }: ActionOf<'edit'>,
  observation: ObservationOf<'edit'> | undefined,
): readonly DiffLine[] {
  if (observation) return lineDiff(observation.extras.old_content, observation.extras.new_content)
  return lineDiff(args.old_str ?? '', args.new_str ?? args.file_text ?? args.content)
}
