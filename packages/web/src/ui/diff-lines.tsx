import { type JSX, useState } from 'react'
import { text as words } from '../text.ts'
import type { DiffLine } from './line-diff.ts'

const looks: Record<DiffLine['kind'], readonly [sign: string, look: string]> = {
  same: [' ', ''],
  added: ['+', 'bg-added'],
  removed: ['−', 'bg-removed'],
  gap: ['⋯', 'text-muted bg-sunken'],
}

/** Characters of a line that are drawn; a file can be one line of a megabyte. */
const MOST_LINE = 2_000

/** A comparison, line by line; the first lines, and all of them on demand. */
export function DiffLines({ lines, most = 30 }: { lines: readonly DiffLine[]; most?: number }): JSX.Element {
  const [whole, setWhole] = useState(false)
  if (lines.length === 0) return <p className="p-3 text-sm text-muted">{words.act.sameFile}</p>
  const shown = whole ? lines.slice(0, 1_000) : lines.slice(0, most)
  return (
    <div>
      <div className={`${whole ? 'max-h-[60vh]' : ''} quiet-scroll py-1 font-mono text-[0.8125rem] leading-relaxed`}>
        {shown.map((line, index) => {
          const [sign, look] = looks[line.kind]
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name than their place
            <div key={index} className={`flex ${look}`}>
              <span className="w-7 shrink-0 text-center text-muted select-none">{sign}</span>
              <span className="min-w-0 flex-1 pr-3 break-words whitespace-pre-wrap">
                {line.text.slice(0, MOST_LINE)}
              </span>
            </div>
          )
        })}
      </div>
      {lines.length > most && (
        <button
          type="button"
          className="mx-3 my-1 text-xs font-medium text-accent hover:underline"
          onClick={() => setWhole(!whole)}
        >
          {whole ? words.common.showLess : words.common.showAll(lines.length)}
        </button>
      )}
    </div>
  )
}
