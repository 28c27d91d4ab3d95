import type { FileDiff } from '@openhands/protocol'
import { fileText } from '../../text.ts'

const words = fileText.changes

/** What has to be said of a comparison that its lines do not say; undefined where they say it all. */
export function sayOf({ state, before, after }: FileDiff): string | undefined {
  if (state === 'no_checkpoint') return words.noCheckpointKept
  if (state === 'no_repository') return words.noRepository
  if (state === 'not_running') return fileText.asleep
  if (before.kind === 'too_large' || after.kind === 'too_large') return words.tooLarge
  if (before.kind === 'binary' || after.kind === 'binary') return words.binary
  if (before.kind === 'absent') return after.kind === 'absent' ? words.gone : words.created
  if (after.kind === 'absent') return words.removed
  return before.text === after.text ? words.sameText : undefined
}
