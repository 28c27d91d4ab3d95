import type { StoredSettings } from '@openhands/protocol'
import { useQuery } from '@tanstack/react-query'
import type { JSX, ReactNode } from 'react'
import { readSettings } from '../../api/settings.ts'
import { Wait } from '../../ui/wait.tsx'
import { FailureNotice } from './failure-notice.tsx'

/** A form over what is stored, once that is known; null where nothing ever was. */
export function WithStored({ children }: { children: (stored: StoredSettings | null) => ReactNode }): JSX.Element {
  const settings = useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => readSettings(signal) })
  if (settings.isPending) return <Wait />
  if (settings.data === undefined)
    return (
      <FailureNotice
        error={settings.error ?? new Error()}
        retry={() => {
          settings.refetch().catch(() => undefined) // it is told here
        }}
      />
    )
  return <>{children(settings.data)}</>
}
