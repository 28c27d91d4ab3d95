import { type JSX, Suspense } from 'react'
import type { SessionCalls } from '../../api/session-calls.ts'
import type { PanelEntry } from '../../panels/panel.ts'
import { panels } from '../../panels/registry.ts'
import { Fence } from '../../ui/fence.tsx'
import { part } from '../../ui/part.ts'
import { Wait } from '../../ui/wait.tsx'
import { Tabs } from './tabs.tsx'

const loaded = new Map(panels.map(({ id, load }) => [id, part(load)]))

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
