import type { JSX, MouseEvent } from 'react'
import { text as words } from '../text.ts'
import { Icon } from './icon.tsx'
import { useCopied } from './use-copied.ts'

/** A link to a place of this page that is copied by a click; where nothing can be copied, it leads there. */
export function CopyLink({ href, label }: { href: string; label: string }): JSX.Element {
  const [done, copy] = useCopied()
  const onClick = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    if (copy(new URL(href, location.href).href)) event.preventDefault()
  }
  const name = done ? words.common.copied : label
  return (
    <a
      href={href}
      aria-label={name}
      title={name}
      className="inline-flex size-6 items-center justify-center rounded-lg hover:bg-sunken hover:text-ink"
      onClick={onClick}
    >
      <Icon name={done ? 'check' : 'link'} />
    </a>
  )
}
