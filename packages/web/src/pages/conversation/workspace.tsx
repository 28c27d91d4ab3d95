import { Component, type JSX, type KeyboardEvent, lazy, type ReactNode, Suspense } from 'react'
import type { SessionCalls } from '../../api/session-calls.ts'
import type { PanelEntry } from '../../panels/panel.ts'
import { panels } from '../../panels/registry.ts'
import { changeLook } from '../../store/look.ts'
import { text } from '../../text.ts'
import { Icon } from '../../ui/icon.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Wait } from '../../ui/wait.tsx'

const loaded = new Map(panels.map(({ id, load }) => [id, lazy(async () => ({ default: await load() }))]))

interface WorkspaceProps {
  readonly session: string
  readonly calls: SessionCalls
  readonly chosen: PanelEntry
  /** Whether it has tabs of its own; a narrow page has them at its foot. */
  readonly tabs: boolean
}

/** The panels, one of which is open. */
export function Workspace({ session, calls, chosen, tabs }: WorkspaceProps): JSX.Element {
  const Panel = loaded.get(chosen.id)
  return (
    <div className="flex h-full flex-col bg-card">
      {tabs && <Tabs chosen={chosen} />}
      <div role="tabpanel" id="panel" aria-label={chosen.name} className="min-h-0 flex-1">
        <Fence key={chosen.id}>
          <Suspense fallback={<Wait />}>{Panel && <Panel session={session} calls={calls} />}</Suspense>
        </Fence>
      </div>
    </div>
  )
}

function Tabs({ chosen }: { chosen: PanelEntry }): JSX.Element {
  const at = panels.indexOf(chosen)
  const onKey = (event: KeyboardEvent<HTMLDivElement>): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const next = panels[(at + step + panels.length) % panels.length]
    if (step === 0 || !next) return
    changeLook({ panel: next.id })
    event.currentTarget.querySelector<HTMLElement>(`[data-panel="${next.id}"]`)?.focus()
    event.preventDefault()
  }
  return (
    <div
      role="tablist"
      aria-label={text.panels.title}
      className="quiet-scroll flex h-10 shrink-0 items-center gap-0.5 border-b border-line px-2"
      onKeyDown={onKey}
    >
      {panels.map(({ id, name, icon }) => (
        <button
          key={id}
          type="button"
          role="tab"
          data-panel={id}
          aria-selected={id === chosen.id}
          aria-controls="panel"
          tabIndex={id === chosen.id ? 0 : -1}
          className={`flex h-8 shrink-0 items-center gap-1.5 rounded-lg px-2.5 text-sm ${id === chosen.id ? 'bg-sunken font-medium' : 'text-muted hover:text-ink'}`}
          onClick={() => changeLook({ panel: id })}
        >
          <Icon name={icon} />
          {name}
        </button>
      ))}
    </div>
  )
}

/** A panel that fails takes nothing else with it. */
class Fence extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children
    return (
      <div className="p-4">
        <Notice tone="bad" alert>
          {text.panels.failed}
        </Notice>
      </div>
    )
  }
}
