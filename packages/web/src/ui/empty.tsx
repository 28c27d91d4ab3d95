import type { JSX, ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

/** A place that holds nothing yet, and what will fill it. */
export function Empty({ icon, children }: { icon: IconName; children: ReactNode }): JSX.Element {
  return (
    <div className="flex h-full min-h-40 flex-col items-center justify-center gap-3 p-6 text-center text-sm text-balance text-muted">
      <span className="flex size-11 items-center justify-center rounded-full bg-sunken">
        <Icon name={icon} className="size-5" />
      </span>
      <div className="max-w-sm">{children}</div>
    </div>
  )
}
