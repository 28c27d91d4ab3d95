import { type JSX, useState } from 'react'
import type { Preview } from '../../api/previews.ts'
import { live } from '../../text.ts'
import { Button } from '../../ui/button.tsx'

/**
 * What its page may do: run and send forms within its own origin, which is none of ours. It opens no windows and no
 * dialogs, starts no downloads, and cannot lead the page around it elsewhere (S15).
 */
const ALLOWED = 'allow-scripts allow-same-origin allow-forms'

/** A server of the sandbox in a frame. */
export function PreviewFrame({ preview: { port, url } }: { preview: Preview }): JSX.Element {
  const [turn, setTurn] = useState(0)
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex items-center gap-2 px-3 py-1.5">
        <p className="min-w-0 flex-1 truncate font-mono text-xs text-muted">{url}</p>
        <Button small onClick={() => setTurn(turn + 1)}>
          {live.ports.reload}
        </Button>
      </div>
      <iframe
        key={turn}
        title={live.ports.frame(port)}
        src={url}
        sandbox={ALLOWED}
        referrerPolicy="no-referrer"
        allow=""
        className="min-h-64 w-full flex-1 border-t border-line bg-[white]"
      />
    </div>
  )
}
