import { type JSX, type KeyboardEvent, useId, useState } from 'react'
import { useBoard } from '../store/board-store.ts'
import { useAllCommands } from '../store/commands.ts'
import { go } from '../store/route.ts'
import { text } from '../text.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Keys } from './keys.tsx'

interface Choice {
  readonly id: string
  readonly name: string
  readonly keys: string | undefined
  readonly kind: string
  readonly run: () => void
}

const MOST = 12

/** Everything that can be done and gone to, found by typing. */
export function Palette({ onClose }: { onClose: () => void }): JSX.Element {
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const list = useId()
  const found = useChoices(query)
  const chosen = Math.min(at, found.length - 1)
  const run = (choice: Choice | undefined): void => {
    if (!choice) return
    onClose()
    choice.run()
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, chosen + 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(0, chosen - 1))
    else if (event.key === 'Enter') run(found[chosen])
    else return
    event.preventDefault()
  }
  return (
    <Dialog title={text.keys.palette} onClose={onClose} bare>
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[chosen] ? `${list}-${chosen}` : undefined}
        aria-label={text.palette.field}
        placeholder={text.palette.field}
        className="h-12 w-full border-b border-line bg-card px-5 text-base outline-none pointer-coarse:text-[1rem] placeholder:text-muted"
        value={query}
        onChange={event => {
          setQuery(event.target.value)
          setAt(0)
        }}
        onKeyDown={onKey}
      />
      <div role="listbox" id={list} aria-label={text.keys.palette} className="p-2">
        {found.length === 0 && <p className="p-3 text-sm text-muted">{text.palette.nothing}</p>}
        {found.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field, which keeps the focus
          <div
            key={choice.id}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={`flex cursor-pointer items-center gap-3 rounded-lg px-3 py-2 text-sm ${index === chosen ? 'bg-accent-soft' : ''}`}
            onPointerMove={() => setAt(index)}
            onClick={() => run(choice)}
          >
            <span className="min-w-0 flex-1 truncate">{choice.name}</span>
            <span className="text-xs text-muted">{choice.kind}</span>
            {choice.keys && (
              <span className="pointer-coarse:hidden">
                <Keys keys={choice.keys} />
              </span>
            )}
          </div>
        ))}
      </div>
    </Dialog>
  )
}

function useChoices(query: string): readonly Choice[] {
  const commands = useAllCommands()
  const { sessions } = useBoard()
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (name: string): boolean => words.every(word => name.toLowerCase().includes(word))
  const doing = commands.map(({ id, name, keys, run }) => ({ id, name, keys, kind: text.palette.run, run }))
  const going = sessions.map(({ conversation_id: id, title }) => ({
    id,
    name: title || id,
    keys: undefined,
    kind: text.palette.goTo,
    run: () => go({ page: 'conversation', id, event: undefined }),
  }))
  return [...doing.filter(each => each.id !== 'palette'), ...going].filter(each => fits(each.name)).slice(0, MOST)
}
