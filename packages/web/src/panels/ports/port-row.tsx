import type { JSX } from 'react'
import type { Preview } from '../../api/previews.ts'
import { live } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'

interface PortRowProps {
  readonly preview: Preview
  readonly isShown: boolean
  readonly onShow: (show: boolean) => void
}

/** One server that listens: its port, and two ways to look at it. */
export function PortRow({ preview: { port, url }, isShown, onShow }: PortRowProps): JSX.Element {
  return (
    <li className="flex flex-wrap items-center gap-2 px-3 py-2 text-sm">
      <Icon name="plug" className="size-4 text-muted" />
      <span className="min-w-0 flex-1 font-medium tabular-nums">{live.ports.port(port)}</span>
      <Button small icon="eye" onClick={() => onShow(!isShown)}>
        {isShown ? live.ports.hide : live.ports.show}
      </Button>
      {/^https?:\/\//.test(url) && (
        <a
          href={url}
          target="_blank"
          rel="noopener noreferrer"
          className="inline-flex h-7 items-center gap-1 rounded-lg border border-line bg-raised px-2 text-xs font-medium hover:border-strong-line"
        >
          <Icon name="link" className="size-3.5" />
          {live.ports.open}
        </a>
      )}
    </li>
  )
}
