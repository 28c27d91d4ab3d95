import type { ComponentType } from 'react'
import type { SessionCalls } from '../api/session-calls.ts'
import type { IconName } from '../ui/icon.tsx'

/** What a panel gets; everything that it knows of the log it asks `useConversation` for. */
export interface PanelProps {
  readonly session: string
  /** What it may ask of the server about its session. */
  readonly calls: SessionCalls
}

/** A panel of the workspace, loaded when it is first opened. */
export interface PanelEntry {
  /** Stays as it is: what people have left open is remembered by it. */
  readonly id: string
  readonly name: string
  readonly icon: IconName
  readonly load: () => Promise<ComponentType<PanelProps>>
}
