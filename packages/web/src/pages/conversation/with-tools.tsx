import type { JSX, ReactNode } from 'react'
import { hrefOf } from '../../store/route.ts'
import type { Row } from '../../store/rows.ts'
import { useStore } from '../../store/use-conversation.ts'
import { text as words } from '../../text.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { CopyLink } from '../../ui/copy-link.tsx'
import { clockTime } from '../../ui/format.ts'

/** A row with its time and what can be done with it, seen when it is pointed at or holds the focus. */
export function WithTools({
  row,
  text,
  right,
  more,
  children,
}: {
  row: Row
  text: string
  right?: boolean
  /** What else can be done with it. */
  more?: ReactNode
  children: ReactNode
}): JSX.Element {
  const { session } = useStore()
  return (
    <div className="group/row">
      {children}
      <div
        className={`-mb-3 flex h-6 items-center gap-1 text-xs text-muted opacity-0 group-focus-within/row:opacity-100 group-hover/row:opacity-100 pointer-coarse:opacity-100 ${right ? 'justify-end' : ''}`}
      >
        <time dateTime={row.at}>{clockTime(row.at)}</time>
        <CopyButton text={text} label={words.conversation.copyText} className="size-6!" />
        <CopyLink
          href={hrefOf({ page: 'conversation', id: session, event: row.id })}
          label={words.conversation.permalink}
        />
        {more}
      </div>
    </div>
  )
}
