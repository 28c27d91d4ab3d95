import type { JSX } from 'react'
import { fileText } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import type { BinaryKind } from './file-kind.ts'
import { hexLines } from './hex-lines.ts'

const words = fileText.files
/** Bytes whose values are shown. */
const SHOWN = 256

interface BinaryViewProps {
  readonly what: BinaryKind | 'pdf'
  readonly bytes: Uint8Array
  readonly size: string
  readonly onDownload: () => void
}

/** What is not shown on the page: what it is, why, and the way to it; of unknown bytes the first. */
export function BinaryView({ what, bytes, size, onDownload }: BinaryViewProps): JSX.Element {
  const hasHead = what !== 'pdf' && what !== 'tooBig' && bytes.length > 0
  return (
    <div className="quiet-scroll flex h-full flex-col items-start gap-3 p-4 text-sm">
      <p>{words.kinds[what](size)}</p>
      <Button icon="download" className="shrink-0" onClick={onDownload}>
        {words.download}
      </Button>
      {hasHead && (
        <section aria-label={words.firstBytes} className="max-w-full">
          <h4 className="mb-1 text-xs text-muted">{words.firstBytes}</h4>
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard
            tabIndex={0}
            className="quiet-scroll max-w-full rounded-lg border border-line bg-sunken p-3 font-mono text-xs"
          >
            {hexLines(bytes, SHOWN)}
          </pre>
        </section>
      )}
    </div>
  )
}
