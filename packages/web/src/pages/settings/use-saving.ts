import type { StoredSettings } from '@openhands/protocol'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { RequestError } from '../../api/request.ts'
import { saveSettings } from '../../api/settings.ts'
import { text } from '../../text.ts'

/** How the last saving stands. */
export type Saving = 'none' | 'saving' | 'saved' | Error

/**
 * Saves only what was changed, so that pages that save at the same time lose nothing of each other (P31); `done` is
 * called once the server has kept it and what it keeps was read again.
 */
export function useSaving(): readonly [
  saving: Saving,
  save: (change: Partial<StoredSettings>, done: () => void) => void,
  reset: () => void,
] {
  const queries = useQueryClient()
  const [saving, setSaving] = useState<Saving>('none')
  const save = (change: Partial<StoredSettings>, done: () => void): void => {
    setSaving('saving')
    saveSettings(change)
      .then(() => queries.invalidateQueries({ queryKey: ['settings'] }))
      .then(
        () => {
          setSaving('saved')
          done()
        },
        (error: unknown) => setSaving(error instanceof Error ? error : new RequestError(0, text.common.failed)),
      )
  }
  return [saving, save, () => setSaving('none')]
}
