import type { JSX } from 'react'
import { settingsText, text } from '../../text.ts'
import { Icon } from '../../ui/icon.tsx'
import type { Saving } from './use-saving.ts'

/** Says how a form stands: not saved yet, saving, saved. */
export function SaveLine({ saving, changed }: { saving: Saving; changed: boolean }): JSX.Element {
  const saved = saving === 'saved' && !changed
  return (
    <span role="status" className={`flex items-center gap-1 text-sm ${saved ? 'text-good' : 'text-muted'}`}>
      {saved && <Icon name="check" />}
      {saving === 'saving'
        ? text.common.loading
        : saved
          ? `${text.settings.saved} ${text.settings.newSessions}`
          : changed
            ? settingsText.changed
            : text.settings.newSessions}
    </span>
  )
}
