import { type FormEvent, type JSX, useState } from 'react'
import type { SessionCalls } from '../../api/session-calls.ts'
import { useCommands } from '../../store/commands.ts'
import { changeLook, useLook } from '../../store/look.ts'
import { hrefOf } from '../../store/route.ts'
import { useConversation } from '../../store/use-conversation.ts'
import { searchText, text } from '../../text.ts'
import { Dot } from '../../ui/badge.tsx'
import { IconButton } from '../../ui/button.tsx'
import { fieldLook } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'

/** The top line of a session: its title, how the line to the server stands, and what can be shown and hidden. */
export function SessionHeader({
  wide,
  veryWide,
  calls,
  onSearch,
}: {
  wide: boolean
  veryWide: boolean
  calls: SessionCalls
  onSearch: () => void
}): JSX.Element {
  const look = useLook()
  const link = useConversation(view => view.link.kind)
  const togglePanel = (): void => changeLook({ panelOpen: !look.panelOpen })
  useCommands(wide ? [{ id: 'panel', name: text.keys.panel, keys: 'Mod+.', run: togglePanel }] : [])
  return (
    <header className="flex h-12 shrink-0 items-center gap-1 border-b border-line px-2">
      {veryWide ? (
        <IconButton
          icon="menu"
          label={text.app.home}
          aria-pressed={look.sidebarOpen}
          onClick={() => changeLook({ sidebarOpen: !look.sidebarOpen })}
        />
      ) : (
        <a
          href={hrefOf({ page: 'home' })}
          aria-label={text.conversation.back}
          className="flex size-8 items-center justify-center rounded-lg text-muted hover:bg-sunken"
        >
          <Icon name="back" />
        </a>
      )}
      <Title calls={calls} />
      <span
        className="ml-auto flex items-center gap-1.5 px-2 text-xs text-muted"
        title={text.link[link === 'waiting' ? 'closed' : link]}
      >
        <Dot tone={link === 'open' ? 'good' : 'warn'} alive={link === 'connecting'} />
        <span className="max-sm:sr-only">{text.link[link === 'waiting' ? 'closed' : link]}</span>
      </span>
      <IconButton icon="search" label={searchText.open} onClick={onSearch} />
      {wide && (
        <IconButton
          icon="panel"
          label={look.panelOpen ? text.panels.hide : text.panels.show}
          aria-pressed={look.panelOpen}
          onClick={togglePanel}
        />
      )}
    </header>
  )
}

function Title({ calls }: { calls: SessionCalls }): JSX.Element {
  const title = useConversation(view => view.state.title)
  const [draft, setDraft] = useState<string>()
  const save = (event: FormEvent): void => {
    event.preventDefault()
    const next = draft?.trim() ?? ''
    setDraft(undefined)
    if (next !== '' && next !== title) calls.rename(next).catch(() => setDraft(next)) // it stays in the field
  }
  if (draft !== undefined) {
    return (
      <form onSubmit={save} className="min-w-0 flex-1">
        <input
          aria-label={text.common.rename}
          // biome-ignore lint/a11y/noAutofocus: somebody has just asked for the field
          autoFocus
          maxLength={200}
          value={draft}
          className={`${fieldLook} h-8 max-w-md font-semibold`}
          onChange={event => setDraft(event.target.value)}
          onBlur={save}
          onKeyDown={event => {
            if (event.key === 'Escape') setDraft(undefined)
          }}
        />
      </form>
    )
  }
  return (
    <h1 className="min-w-0">
      <button
        type="button"
        title={text.common.rename}
        className="block max-w-full truncate rounded-lg px-2 py-1 text-sm font-semibold hover:bg-sunken"
        onClick={() => setDraft(title)}
      >
        {title || text.app.name}
      </button>
    </h1>
  )
}
