import { type JSX, useState } from 'react'
import { text as words } from '../../text.ts'
import { Icon } from '../../ui/icon.tsx'
import { Markdown, StreamingMarkdown } from '../../ui/markdown.tsx'

/** A model's reasoning, folded; while it comes its last line is seen. */
export function Thoughts({ text, live }: { text: string; live?: boolean }): JSX.Element {
  const [open, setOpen] = useState(false)
  const end = text.slice(-1_000).trimEnd()
  const last = end.slice(end.lastIndexOf('\n') + 1)
  return (
    <div className="text-sm text-muted">
      <button
        type="button"
        aria-expanded={open}
        className="flex w-full min-w-0 items-center gap-1.5 rounded text-left hover:text-ink"
        onClick={() => setOpen(!open)}
      >
        <Icon name="bulb" className={`size-4 ${live ? 'breathing' : ''}`} />
        <span className="font-medium">{live ? words.conversation.reasoning : words.conversation.reasoned}</span>
        {!open && <span className="min-w-0 flex-1 truncate">{last.slice(0, 200)}</span>}
        <Icon name="chevron" className={`size-3.5 transition-transform ${open ? 'rotate-90' : ''}`} />
      </button>
      {open && (
        <div className="prose mt-1 ml-2 border-l-2 border-line pl-4">
          {live ? <StreamingMarkdown text={text} /> : <Markdown text={text} />}
        </div>
      )}
    </div>
  )
}
